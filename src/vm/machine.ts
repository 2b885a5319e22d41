import { AppError } from '../lib/errors.ts';
import { requireGoing } from '../lib/interrupted.ts';
import { openFiles } from '../sys/files/files.ts';
import { openPipeEnd } from '../sys/files/pipes.ts';
import { startDetached } from '../sys/programs/exec.ts';
import { hasGone, type ProcessId } from '../sys/programs/processes.ts';
import { withoutCore, withSecretPipe } from '../sys/programs/secret-pipe.ts';
import { type HandedFile, type QemuPlan, qemuArgs, TAP_FD } from './args.ts';
import type { MachineLog } from './machine-log.ts';

/** The first descriptor a program finds beyond standard input, output and error. */
const FIRST_FD = 3;
const LOG_TAIL_LINES = 3;
/** A process whose sockets have closed is about to end. */
const GOING_MS = 1000;

/**
 * What QEMU says goes to a pipe that it does not wait for (F_SETFL, O_NONBLOCK; whoever started us has taken that away).
 * Then it opens the namespace’s tap0 as the service’s user and goes on as the command behind it, which finds the device open. QEMU
 * itself then needs no right to /dev/net/tun, which would let it make devices of its own. In Perl because Node has no
 * ioctl, and every Debian and Ubuntu has perl-base. 0x400454ca is TUNSETIFF; 0x5002 is IFF_TAP, IFF_NO_PI, IFF_VNET_HDR.
 */
const OPEN_TAP = [
  'perl',
  '-e',
  `$^F = 255; fcntl(STDERR, 4, fcntl(STDERR, 3, 0) | 04000);
   open(my $tap, '+<', '/dev/net/tun') or die "cannot open /dev/net/tun: $!\\n";
   my $request = pack('a16 s x22', 'tap0', 0x5002);
   ioctl($tap, 0x400454ca, $request) or die "cannot open tap0: $!\\n";
   my $fd = fileno($tap); s/${TAP_FD}/$fd/ for @ARGV; exec { $ARGV[0] } @ARGV or die "cannot start $ARGV[0]: $!\\n";`,
];

/** A machine’s disks and boot files, by path; whoever starts it may read them all. */
export interface MachineFiles {
  /** Read-only layers, bottom first. */
  layers: readonly string[];
  overlay: string;
  /** The data disk, where the machine has one, and what it stands on, read-only, bottom first. */
  data?: string;
  dataLayers?: readonly string[];
  /** A disc that is in a drive of its own from the start on; in clear. */
  disc?: string;
  /** What sets its system up, only to be read; in clear. */
  seed?: string;
  /** The folder of its TPM’s state, where it has one. */
  tpm?: string;
  /** All of them are encrypted that are the machine’s own, and its layers. */
  isLocked?: true;
  firmware:
    | { kind: 'bios' }
    | { kind: 'uefi'; code: string; variables: string; isSecure: boolean }
    | { kind: 'direct'; kernel: string; initrd?: string; append: string };
}

export interface MachineStart
  extends Omit<QemuPlan, 'disk' | 'data' | 'disc' | 'seed' | 'firmware' | 'isLocked' | 'hasTpm'> {
  files: MachineFiles;
  /** What opens the files that are the machine’s own, where they are encrypted. */
  diskKey?: string;
  /** The named pipe that QEMU’s words go to. */
  logPipe: string;
  /** The command that enters the machine’s network namespace, and the user QEMU runs as. */
  enter: readonly string[];
  user: { uid: number; gid: number; groups: readonly number[] } | undefined;
}

/**
 * Starts QEMU for a machine that stands still until it gets `cont`. It goes on when this process ends.
 * QEMU gets its files as open descriptors and needs no right to any folder but that of its sockets.
 * @throws PROGRAM_MISSING, VM_FAILED, FILE_MISSING
 */
export async function startQemu(start: MachineStart): Promise<ProcessId> {
  const { layers, overlay, data, dataLayers = [], disc, seed, tpm, firmware } = start.files;
  const firmwarePaths =
    firmware.kind === 'bios' ? [] : firmware.kind === 'uefi' ? [firmware.code] : [firmware.kernel, firmware.initrd];
  const readOnly = [...layers, ...dataLayers, ...[...firmwarePaths, disc, seed].filter((path) => path !== undefined)];
  const writable = [
    overlay,
    ...(data === undefined ? [] : [data]),
    ...(firmware.kind === 'uefi' ? [firmware.variables] : []),
  ];
  await using files = await openFiles({ readOnly, writable, append: [] });
  await using output = await openPipeEnd(start.logPipe);
  const place = (path: string): HandedFile => {
    const index = [...readOnly, ...writable].indexOf(path);
    return { fd: FIRST_FD + index, readOnly: index < readOnly.length };
  };
  const plan: QemuPlan = {
    ...start,
    isLocked: start.diskKey !== undefined,
    disk: [...layers, overlay].map(place),
    ...(data === undefined ? {} : { data: [...dataLayers, data].map(place) }),
    ...(disc === undefined ? {} : { disc: place(disc) }),
    ...(seed === undefined ? {} : { seed: place(seed) }),
    ...(tpm === undefined ? {} : { hasTpm: true }),
    firmware: placedFirmware(firmware, place),
  };
  const qemu = ['qemu-system-x86_64', ...qemuArgs(plan)];
  const [program = '', ...args] = [
    ...start.enter,
    ...OPEN_TAP,
    ...asUser(start.user),
    ...(start.diskKey === undefined ? withoutCore(qemu) : withSecretPipe(qemu)),
  ];
  return await startDetached(program, args, {
    outputFd: output.fd,
    handed: files.fds,
    ...(start.diskKey === undefined ? {} : { input: start.diskKey }),
  });
}

function placedFirmware(firmware: MachineFiles['firmware'], place: (path: string) => HandedFile): QemuPlan['firmware'] {
  switch (firmware.kind) {
    case 'bios':
      return firmware;
    case 'uefi':
      return { ...firmware, code: place(firmware.code), variables: place(firmware.variables) };
    case 'direct': {
      const { append, initrd, kernel } = firmware;
      return {
        kind: 'direct',
        append,
        kernel: place(kernel),
        ...(initrd === undefined ? {} : { initrd: place(initrd) }),
      };
    }
  }
}

/** Without a user of its own (a user namespace that maps one only), QEMU runs as ours. */
export function asUser(user: MachineStart['user']): string[] {
  const bounded = ['--no-new-privs', '--inh-caps=-all', '--bounding-set=-all'];
  if (!user) return ['setpriv', ...bounded];
  const groups = user.groups.length > 0 ? ['--groups', user.groups.join(',')] : ['--clear-groups'];
  return ['setpriv', '--reuid', `${user.uid}`, '--regid', `${user.gid}`, ...groups, ...bounded];
}

/** Where QEMU’s own words go, and the last of them. */
type SpokenLog = Pick<MachineLog, 'path' | 'lastWords'>;

/** Fails as soon as QEMU has ended, with what it said last; `signal` ends the watch. @throws VM_FAILED */
export async function failWhenGone(qemu: ProcessId, log: SpokenLog, signal: AbortSignal): Promise<never> {
  while (!(await hasGone(qemu, 50))) requireGoing(signal);
  throw await whyEnded(log);
}

/**
 * What stopped a start. Whoever asked QEMU first finds it gone, and knows no more than that: QEMU’s own words say why.
 * Where QEMU still runs, the error stays what it is, and names the log.
 */
export async function whyFailed(error: unknown, qemu: ProcessId, log: SpokenLog): Promise<unknown> {
  const isOfQemu = error instanceof AppError && ['VM_FAILED', 'FETCH_FAILED'].includes(error.code);
  if (!isOfQemu) return error;
  if (await hasGone(qemu, GOING_MS)) return whyEnded(log);
  return new AppError(error.code, error.message, { cause: error, details: { ...error.details, log: log.path } });
}

async function whyEnded(log: SpokenLog): Promise<AppError> {
  const lines = (await log.lastWords()).split('\n').slice(-LOG_TAIL_LINES);
  // Each begins with the time, which the log has for who looks there.
  const said = lines.map((line) => line.replace(/^\S+Z qemu-system-\S+: /, '')).join('; ');
  return new AppError('VM_FAILED', `QEMU ended at once: ${said || 'without a message'}`, {
    details: { log: log.path },
  });
}
