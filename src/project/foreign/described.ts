import type { DiskFormat } from '../image/known.ts';
import type { VmFile } from '../schema.ts';
import { type ImportNote, note } from './notes.ts';

/** How disks hang on a machine. */
export type Bus = 'SCSI' | 'SATA' | 'IDE' | 'NVMe' | 'USB' | 'virtio';

/** A disk as a description names it. */
export interface DescribedDisk {
  file: string;
  bus: Bus | undefined;
  /** Where the description says so. */
  format?: DiskFormat;
  /** It lies packed with gzip. */
  isPacked?: boolean;
  /** It lies in pieces of this many bytes, each a file of its own. */
  pieceBytes?: number;
  bytes?: number;
  /** How much it holds at most, unpacked. */
  capacityBytes?: number;
}

/** A machine as another program’s description says. */
export interface Described {
  memoryMiB?: number;
  cpus?: number;
  firmware?: 'bios' | 'uefi';
  /** Where it is another than the machine would get. */
  os?: NonNullable<VmFile['os']>;
  clock?: NonNullable<VmFile['clock']>;
  /** It started what is signed alone. */
  secureBoot?: true;
  /** It had a TPM, and gets a new one. */
  tpm?: true;
  /** The one that it starts from first. */
  disks: readonly DescribedDisk[];
  /** What is not carried over. */
  notes: readonly ImportNote[];
}

const MIN_MEMORY_MIB = 32;
const MAX_MEMORY_MIB = 1 << 20;
const MAX_CPUS = 64;

/** Memory and processors as Lazaret has them, with what differs. */
export function boundedHardware(memoryMiB: number | undefined, cpus: number | undefined) {
  const notes: ImportNote[] = [];
  const bounded = (code: 'memory' | 'cpus', from: number | undefined, least: number, most: number) => {
    if (from === undefined) return undefined;
    const to = Math.min(most, Math.max(least, Math.round(from)));
    if (to !== from) notes.push(note(code, { from, to }));
    return to;
  };
  const memory = bounded('memory', memoryMiB, MIN_MEMORY_MIB, MAX_MEMORY_MIB);
  const processors = bounded('cpus', cpus, 1, MAX_CPUS);
  return {
    ...(memory === undefined ? {} : { memoryMiB: memory }),
    ...(processors === undefined ? {} : { cpus: processors }),
    notes,
  };
}

/** What its guest and its clock make of a machine: Windows gets devices that it has drivers for, and takes its clock for local time. */
export function guestKinds({
  isWindows,
  isLocal,
}: {
  isWindows: boolean;
  isLocal: boolean;
}): Pick<Described, 'os' | 'clock'> {
  return {
    ...(isWindows ? { os: 'windows' } : {}),
    ...(isLocal === isWindows ? {} : { clock: isLocal ? 'localtime' : 'utc' }),
  };
}

/** A machine that had a TPM gets one, whose secrets are not those of the old one. */
export function tpmOf(hadTpm: boolean): Pick<Described, 'tpm' | 'notes'> {
  return hadTpm ? { tpm: true, notes: [note('tpm')] } : { notes: [] };
}

/** What is to be said of the disks and the network cards of every machine. */
export function commonNotes(disks: readonly DescribedDisk[], cards: number, isWindows: boolean): ImportNote[] {
  const [first, ...others] = disks;
  return [
    ...busNotes(first?.bus, isWindows),
    ...others.map(({ file }) => note('disk-left', { file })),
    ...(cards > 0 ? [note('address')] : []),
    ...(cards > 1 ? [note('cards', { count: cards })] : []),
  ];
}

function busNotes(bus: Bus | undefined, isWindows: boolean): ImportNote[] {
  if (bus === undefined || bus === (isWindows ? 'SATA' : 'virtio')) return [];
  return [note(isWindows ? 'bus-sata' : 'bus', { bus })];
}
