import type { DiskFormat } from '../image/known.ts';
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
  /** The one that it starts from first. */
  disks: readonly DescribedDisk[];
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

/** What is to be said of the disks and the network cards of every machine. */
export function commonNotes(disks: readonly DescribedDisk[], cards: number): ImportNote[] {
  const [first, ...others] = disks;
  const { bus } = first ?? {};
  return [
    ...(bus === undefined || bus === 'virtio' ? [] : [note('bus', { bus })]),
    ...others.map(({ file }) => note('disk-left', { file })),
    ...(cards > 0 ? [note('address')] : []),
    ...(cards > 1 ? [note('cards', { count: cards })] : []),
  ];
}
