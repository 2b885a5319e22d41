import { KEY, KEY_OBJECT } from '../sys/programs/qemu-img.ts';
import { firstCard, furtherCard, type PlannedCard } from './cards.ts';
import {
  type ClockBase,
  chardevId,
  clockArgs,
  type DeviceKind,
  deviceId,
  diskDevice,
  inputArgs,
  portArgs,
  screenArgs,
  soundArgs,
  tpmArgs,
} from './devices.ts';
import { type ProcessorKind, processorModel } from './processor.ts';

/** How a machine’s processor is run: by the host’s own, or in software. */
export type Accel = 'kvm' | 'tcg';

/** Stands in QEMU’s arguments for the number of the open tap device, which is known only when it is open. */
export const TAP_FD = 'TAP-FD';

/** The Unix sockets of a running machine, all in its run folder. */
export interface MachineSockets {
  qmp: string;
  console: string;
  guest: string;
  /** The SPICE agent’s. */
  agent: string;
  /** Its TPM’s, which swtpm listens at. */
  tpm: string;
  vnc: string;
  /** What it plays, where it has a device for that; the service’s alone. */
  sound: string;
  /** What it hears, where it has a microphone; the service’s alone. */
  microphone: string;
  /** What is printed to its parallel port, where it has one; the service’s alone. */
  parallel: string;
  /** A second monitor, by which a machine that has devices is handed files while it runs. */
  files: string;
}

/** A file that QEMU gets as an open descriptor: it needs no right to any folder, and can open nothing else. */
export interface HandedFile {
  fd: number;
  readOnly: boolean;
}

export interface QemuPlan {
  name: string;
  uuid: string;
  accel: Accel;
  /** It waits for memory and devices that were saved, instead of booting. */
  isLoading?: boolean;
  memoryMiB: number;
  cpus: number;
  mac: string;
  /** `virtio` where it is absent. */
  hardware?: DeviceKind;
  /** `utc` where it is absent. */
  clock?: ClockBase;
  /** `host` where it is absent. */
  processor?: ProcessorKind;
  sockets: MachineSockets;
  /** The system disk: layers bottom first, then the writable overlay. */
  disk: readonly HandedFile[];
  /** The data disk: a second one, bottom first as the system disk. */
  data?: readonly HandedFile[];
  /** Layers, disks and the firmware’s settings are encrypted; what opens them is in `SECRET_PATH`. */
  isLocked?: boolean;
  /** A disc that is in a drive of its own from the start on. */
  disc?: HandedFile;
  /** What sets its system up: a medium that it finds as it finds its disks, only to be read. */
  seed?: HandedFile;
  /** The drives for CDs, by their names, all empty. */
  drives?: readonly string[];
  /** Its further network cards, in the order of their places. */
  cards?: readonly PlannedCard[];
  /** Its further serial ports, by their names; nothing is connected to them. */
  ports?: readonly string[];
  /** Its parallel port, by its name; nothing is connected to it. */
  parallel?: string;
  /** It plays sound. */
  hasSound?: boolean;
  /** It hears what is said to it. */
  hasMicrophone?: boolean;
  /** It has devices that its user may connect. */
  hasDevices?: boolean;
  /** It has a TPM 2.0, which answers at its socket already. */
  hasTpm?: boolean;
  firmware:
    | { kind: 'bios' }
    | { kind: 'uefi'; code: HandedFile; variables: HandedFile; isSecure?: boolean }
    | DirectBoot;
}

interface DirectBoot {
  kind: 'direct';
  kernel: HandedFile;
  initrd?: HandedFile;
  append: string;
}

/**
 * QEMU’s command line for a machine that stands still until `cont` (quarantine network §10).
 * Every image is named, none is guessed, and no image opens another by a name in its bytes (layer §1.3).
 */
export function qemuArgs(plan: QemuPlan): string[] {
  const { sockets, accel, hardware = 'virtio', clock = 'utc', processor = 'host' } = plan;
  const hasCard = plan.hasSound === true || plan.hasMicrophone === true;
  return [
    ...['-S', '-nodefaults', '-no-user-config', ...(plan.isLoading ? ['-incoming', 'defer'] : [])],
    ...['-name', `guest=${plan.name},debug-threads=on`, '-uuid', plan.uuid],
    ...['-machine', `q35,accel=${accel},vmport=off,hpet=off,usb=off,dump-guest-core=off${pflash(plan)}`],
    ...['-cpu', processorModel(processor, accel), '-smp', `${plan.cpus}`, '-m', `${plan.memoryMiB}`],
    ...['-global', 'ICH9-LPC.disable_s3=1', ...clockArgs(clock)],
    ...['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'],
    ...handedFiles(plan).flatMap(({ fd }) => ['-add-fd', `fd=${fd},set=${fd}`]),
    ...(plan.isLocked ? ['-object', KEY_OBJECT] : []),
    ...firmwareArgs(plan),
    // Started from first, for UEFI would try the network before; 0 is the place of a kernel that comes without firmware.
    ...diskArgs(plan, { name: 'disk', place: 0, files: plan.disk, more: ',bootindex=1' }),
    // Guests find it as /dev/disk/by-id/virtio-data (ata-QEMU_HARDDISK_data where it is compatible), whatever else they have.
    ...(plan.data ? diskArgs(plan, { name: 'data', place: 1, files: plan.data, more: ',serial=data' }) : []),
    ...(plan.drives ?? []).flatMap((name, place) => ['-device', `ide-cd,id=${deviceId(name)},bus=ide.${place}`]),
    ...discArgs(plan),
    ...seedArgs(plan),
    ...['-netdev', `tap,id=net0,fd=${TAP_FD},vhost=off`],
    ...firstCard(plan),
    ...(plan.cards ?? []).flatMap((card, place) => furtherCard(plan, card, place)),
    ...portArgs(hardware, sockets),
    ...(plan.hasTpm ? tpmArgs(hardware, sockets) : []),
    ...(plan.ports ?? []).flatMap((name, place) => furtherPort(hardware, name, place)),
    ...(plan.parallel === undefined ? [] : parallelPort(plan.parallel, sockets)),
    // A kernel that panics says so, and what comes of it stays the guest’s to decide: it may restart itself, or save a dump.
    ...['-device', 'pvpanic', '-action', 'panic=none'],
    ...inputArgs(hardware, { hasDevices: plan.hasDevices === true }),
    ...['-vga', hardware === 'virtio' ? 'virtio' : 'std'],
    ...screenArgs(sockets, hasCard),
    ...(hasCard ? soundArgs(sockets, { hasMicrophone: plan.hasMicrophone === true }) : []),
    ...(plan.hasDevices ? ['-qmp', `unix:${sockets.files},server=on,wait=off`] : []),
    ...['-qmp', `unix:${sockets.qmp},server=on,wait=off`, '-msg', 'timestamp=on'],
  ];
}

/** The ports before it are the console and, on compatible hardware, the channel. */
function furtherPort(kind: DeviceKind, name: string, place: number): string[] {
  const index = place + (kind === 'compatible' ? 2 : 1);
  return [
    ...['-chardev', `null,id=${chardevId(name)}`],
    ...['-device', `isa-serial,id=${deviceId(name)},chardev=${chardevId(name)},index=${index}`],
  ];
}

/**
 * What is printed goes to whoever is at its socket, and to nobody while there is none: of a parallel port QEMU 7.2 can change nothing while
 * its machine runs, neither the port nor what it leads to.
 */
function parallelPort(name: string, sockets: Pick<MachineSockets, 'parallel'>): string[] {
  return [
    ...['-chardev', `socket,id=${chardevId(name)},path=${sockets.parallel},server=on,wait=off`],
    ...['-device', `isa-parallel,id=${deviceId(name)},chardev=${chardevId(name)},index=0`],
  ];
}

function handedFiles({ disk, data, disc, seed, firmware }: QemuPlan): HandedFile[] {
  const disks = [...disk, ...(data ?? []), ...(disc ? [disc] : []), ...(seed ? [seed] : [])];
  return firmware.kind === 'uefi' ? [...disks, firmware.code, firmware.variables] : disks;
}

function pflash({ firmware }: QemuPlan): string {
  if (firmware.kind !== 'uefi') return '';
  // What it keeps is changed by the firmware alone, which the processor runs as nobody else can.
  return `,pflash0=code,pflash1=variables${firmware.isSecure ? ',smm=on' : ''}`;
}

function firmwareArgs({ firmware, isLocked }: QemuPlan): string[] {
  switch (firmware.kind) {
    case 'bios':
      return [];
    case 'uefi':
      return [
        ...blockdev({ driver: 'raw', 'node-name': 'code', 'read-only': true, file: fileNode(firmware.code) }),
        ...blockdev({
          ...(isLocked ? LUKS : { driver: 'raw' }),
          'node-name': 'variables',
          file: fileNode(firmware.variables),
        }),
        ...(firmware.isSecure ? ['-global', 'driver=cfi.pflash01,property=secure,value=on'] : []),
      ];
    case 'direct':
      // QEMU opens these two by name only; a descriptor’s name leads to the file without a way through its folder.
      return [
        ...['-kernel', `/dev/fd/${firmware.kernel.fd}`],
        ...(firmware.initrd ? ['-initrd', `/dev/fd/${firmware.initrd.fd}`] : []),
        ...['-append', firmware.append],
      ];
  }
}

/** What the guest frees or fills with zeroes takes no room. */
const SPARSE = { discard: 'unmap', 'detect-zeroes': 'unmap' };

function diskArgs(
  plan: QemuPlan,
  { name, place, files, more }: { name: string; place: number; files: readonly HandedFile[]; more: string },
): string[] {
  const nodes = files.flatMap((file, index) => {
    const access = file.readOnly ? { 'read-only': true } : SPARSE;
    const backing = index === 0 ? null : `${name}${index - 1}`;
    return blockdev({
      driver: 'qcow2',
      'node-name': `${name}${index}`,
      backing,
      ...access,
      file: contentNode(plan, file),
    });
  });
  return [...nodes, ...diskDevice(plan.hardware ?? 'virtio', { drive: `${name}${files.length - 1}`, place, more })];
}

/** In the place behind the other drives; its bytes are the disc’s, whatever they are. */
function discArgs({ disc, drives = [] }: QemuPlan): string[] {
  if (!disc) return [];
  return [
    ...blockdev({ driver: 'raw', 'node-name': 'disc', 'read-only': true, file: fileNode(disc) }),
    ...['-device', `ide-cd,drive=disc,bus=ide.${drives.length}`],
  ];
}

/**
 * Debian’s kernel for clouds has a driver for no drive but virtio’s: the medium is a disk, where the system disk is one of that kind. Else
 * it is in a drive.
 */
function seedArgs({ seed, disc, drives = [], hardware = 'virtio' }: QemuPlan): string[] {
  if (!seed) return [];
  const device =
    hardware === 'virtio'
      ? 'virtio-blk-pci,drive=seed,serial=seed'
      : `ide-cd,drive=seed,bus=ide.${drives.length + (disc ? 1 : 0)}`;
  return [
    ...blockdev({ driver: 'raw', 'node-name': 'seed', 'read-only': true, file: fileNode(seed) }),
    ...['-device', device],
  ];
}

const LUKS = { driver: 'luks', 'key-secret': KEY };

/** What a file holds, in clear. */
function contentNode({ isLocked }: QemuPlan, file: HandedFile): object {
  const access = file.readOnly ? { 'read-only': true } : {};
  return isLocked ? { ...LUKS, ...access, file: fileNode(file) } : fileNode(file);
}

function fileNode({ fd, readOnly }: HandedFile): object {
  const access = readOnly ? { 'read-only': true } : { discard: 'unmap' };
  return { driver: 'file', filename: `/dev/fdset/${fd}`, ...access };
}

function blockdev(node: object): string[] {
  return ['-blockdev', JSON.stringify(node)];
}
