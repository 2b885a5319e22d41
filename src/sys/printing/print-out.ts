import { readFileSync } from 'node:fs';
import { AppError, systemCode } from '../../lib/errors.ts';
import { run } from '../programs/exec.ts';
import { notOpened, requireGroups } from '../programs/hand-file.ts';
import { allPids, endProcess, type ProcessId, processOf } from '../programs/processes.ts';

const BEGIN_MS = 10_000;
const NOT_OPENED = 3;
const NOT_HEARD = 4;
/** So much is taken from one connection at most: no guest fills a disk of its user’s. */
const MOST_BYTES = 64 << 20;
/** A printer that takes nothing for so long has had the last of a machine that has ended. */
const PATIENCE_S = 600;

/**
 * Opens a file with the rights of a user, and writes behind what is in it all that is said at a socket of root’s; the process that does so
 * becomes that user, but nobody except root can look into it, for it was root’s. QEMU stands still while nobody takes what its guest
 * prints, so it is always taken: what a printer or a terminal does not take at once waits here.
 * Without a socket it only says what the file is; a port that somebody has, perhaps we ourselves, is one.
 */
const PRINT_OUT = `use IO::Socket::UNIX; use Fcntl qw(:DEFAULT :mode); use POSIX (); use Errno qw(EAGAIN EBUSY EINTR);
  my ($socket, $path, $most, $uid, @groups) = @ARGV;
  if (defined $uid) { $) = join ' ', $groups[0], @groups; $> = $uid; die "cannot be user $uid\\n" unless $> == $uid; }
  umask 077;
  unless (sysopen(our $file, $path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY)) { if ($socket eq '' && $! == EBUSY) { print 'port'; exit 0; } print 'errno ', $! + 0; exit ${NOT_OPENED}; }
  my ($type, $rdev) = (stat $file)[2, 6];
  my $major = $rdev >> 8 & 0xfff;
  my $is = S_ISREG($type) ? 'file' : S_ISCHR($type) && ($major == 6 || $major == 180 || -t $file) ? 'port' : 'other';
  $> = $< if defined $uid;
  if ($is eq 'other' || $socket eq '') { print $is; exit 0; }
  my $qemu = IO::Socket::UNIX->new(Peer => $socket) or exit ${NOT_HEARD};
  if (defined $uid) { $) = join ' ', $groups[0], @groups; $( = $groups[0]; ($<, $>) = ($uid, $uid); die "is not user $uid\\n" unless $< == $uid && $> == $uid; }
  $| = 1; print $is;
  defined(my $child = fork) or exit ${NOT_HEARD};
  exit 0 if $child;
  POSIX::setsid(); open STDIN, '<', '/dev/null'; open STDOUT, '>', '/dev/null'; open STDERR, '>', '/dev/null'; chdir '/';
  my ($waiting, $taken, $ends, $last) = ('', 0, 0, time);
  until ($ends && ($waiting eq '' || time - $last > ${PATIENCE_S})) {
    my $heard = '';
    vec($heard, fileno $qemu, 1) = 1 unless $ends;
    select($heard, undef, undef, $waiting eq '' ? undef : 0.02);
    if (!$ends && vec($heard, fileno $qemu, 1)) {
      my $count = sysread $qemu, $waiting, 65536, length $waiting;
      $ends = 1 if defined $count ? $count == 0 : $! != EINTR;
      $last = time;
      $taken += $count // 0;
      if ($taken > $most) { $waiting = substr $waiting, 0, length($waiting) - ($taken - $most); close $qemu; $ends = 1; }
    }
    next if $waiting eq '';
    my $count = syswrite $file, $waiting;
    if (defined $count) { substr($waiting, 0, $count) = ''; $last = time; }
    elsif ($! != EAGAIN && $! != EINTR) { exit 1; }
  }`;

/** Where something is to be printed, and with whose rights; with root’s where `uid` is undefined. */
interface PrintedTo {
  path: string;
  uid: number | undefined;
}

/**
 * Whether a user can print to this: a file of his, which is made where there is none, or a port of the computer’s.
 * @throws FILE_MISSING, FILE_DENIED, FILE_INVALID, PROGRAM_TIMEOUT
 */
export function canPrintTo(to: PrintedTo): Promise<boolean> {
  return printOut({ ...to, socket: '' });
}

/**
 * From now on what is said at a socket is written to a file of a user’s, which is made where there is none, or to a port of the computer’s, by
 * a process that outlives us and ends with the socket. False where it is neither: then there is no such process.
 * @throws FILE_MISSING, FILE_DENIED, FILE_INVALID, VM_FAILED, PROGRAM_TIMEOUT
 */
export async function printOut({ socket, path, uid }: PrintedTo & { socket: string }): Promise<boolean> {
  const user = uid === undefined ? [] : [uid, ...(await requireGroups(uid))].map(String);
  const args = ['-e', PRINT_OUT, socket, path, `${MOST_BYTES}`, ...user];
  const { stdout, exitCode } = await run('perl', args, { timeoutMs: BEGIN_MS, allow: [NOT_OPENED, NOT_HEARD] });
  const [is, number] = stdout.split(' ');
  if (exitCode === NOT_OPENED) throw notOpened(Number(number), path);
  if (exitCode === NOT_HEARD) throw new AppError('VM_FAILED', `QEMU does not print to ${path}`, { details: { path } });
  return is !== 'other';
}

/** Nothing more is written of what is said at a socket. */
export async function endPrintingOut(socket: string): Promise<void> {
  await Promise.all(printersAt(socket).map((each) => endProcess(each)));
}

function printersAt(socket: string): ProcessId[] {
  const pids = allPids().filter((pid) => {
    const words = wordsOf(pid);
    return words[2] === PRINT_OUT && words[3] === socket;
  });
  return pids.map(processOf).filter((process) => process !== undefined);
}

/** Of what has ended meanwhile, nothing. */
function wordsOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return [];
  }
}
