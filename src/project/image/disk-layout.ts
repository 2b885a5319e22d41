import { endOfFileSystem } from './file-system-end.ts';

/** So much of a disk’s beginning holds its tables and the marks of file systems. */
export const HEAD_BYTES = 1 << 20;

const SECTOR = 512;
const GPT_SECTORS = [512, 4096];
const SIGNATURE = 0xaa55;
const TABLE_AT = 446;
const CODE_BYTES = 440;
const MAX_GPT_ENTRIES = 128;
/** Says that a GPT follows; its size is often not the disk’s. */
const PROTECTIVE = 0xee;
const EFI = 0xef;
const EFI_SYSTEM = '28732ac11ff8d211ba4b00a0c93ec93b';
const BIOS_BOOT = '4861682149646f6e744e656564454649';
/** The attribute of a partition that a BIOS may start it. */
const LEGACY_BOOT = 4n;

/** What a disk begins with, as far as it matters whether it is whole and how it starts. */
export interface DiskLayout {
  /** What is known of it; without any of these a file may be anything. */
  what: 'GPT' | 'MBR' | 'file system' | 'boot sector' | undefined;
  /** Where the last of its partitions, or its file system, ends. */
  endBytes: number;
  /** How it can be started; both false where nothing says so. */
  starts: { uefi: boolean; bios: boolean };
}

const NOTHING: DiskLayout = { what: undefined, endBytes: 0, starts: { uefi: false, bios: false } };

/** Reads the beginning of a disk, `HEAD_BYTES` of it or all. */
export function diskLayout(head: Buffer): DiskLayout {
  const fileSystem = endOfFileSystem(head);
  const hasSignature = head.length >= SECTOR && head.readUInt16LE(SECTOR - 2) === SIGNATURE;
  // A file system’s own boot sector has the signature, and where a table would stand, code.
  const table = hasSignature && !fileSystem?.isBootSector ? readMbr(head) : undefined;
  for (const sectorBytes of GPT_SECTORS) {
    const gpt = readGpt(head, sectorBytes, table ?? []);
    if (gpt) return gpt;
  }
  if (table && table.length > 0) {
    const endBytes = Math.max(0, ...table.filter(({ type }) => type !== PROTECTIVE).map(({ end }) => end * SECTOR));
    const hasCode = head.subarray(0, CODE_BYTES).some((byte) => byte !== 0);
    return { what: 'MBR', endBytes, starts: { uefi: table.some(({ type }) => type === EFI), bios: hasCode } };
  }
  if (fileSystem)
    return {
      what: 'file system',
      endBytes: fileSystem.endBytes,
      starts: { uefi: false, bios: fileSystem.isBootSector },
    };
  return hasSignature ? { what: 'boot sector', endBytes: 0, starts: { uefi: false, bios: true } } : NOTHING;
}

interface MbrEntry {
  type: number;
  isActive: boolean;
  end: number;
}

/** The partitions of a table, or undefined where it is none. */
function readMbr(head: Buffer): MbrEntry[] | undefined {
  const entries = [0, 1, 2, 3].map((index) => head.subarray(TABLE_AT + 16 * index, TABLE_AT + 16 * (index + 1)));
  if (entries.some((entry) => (entry.readUInt8(0) & 0x7f) !== 0)) return undefined;
  return entries
    .map((entry) => ({
      type: entry.readUInt8(4),
      isActive: entry.readUInt8(0) === 0x80,
      end: entry.readUInt32LE(8) + entry.readUInt32LE(12),
    }))
    .filter(({ type }) => type !== 0);
}

function readGpt(head: Buffer, sectorBytes: number, table: readonly MbrEntry[]): DiskLayout | undefined {
  if (head.length < 2 * sectorBytes || head.toString('latin1', sectorBytes, sectorBytes + 8) !== 'EFI PART')
    return undefined;
  const header = head.subarray(sectorBytes, sectorBytes + 92);
  const [entriesAt, count, entryBytes] = [
    Number(header.readBigUInt64LE(72)) * sectorBytes,
    Math.min(header.readUInt32LE(80), MAX_GPT_ENTRIES),
    header.readUInt32LE(84),
  ];
  // Its copy stands at the disk’s very end.
  let last = Number(header.readBigUInt64LE(32));
  const types = new Set<string>();
  let isLegacy = table.some(({ type, isActive }) => isActive && type !== PROTECTIVE);
  for (let index = 0; index < count; index += 1) {
    const at = entriesAt + index * entryBytes;
    if (entryBytes < 128 || at + 128 > head.length) break;
    const type = head.toString('hex', at, at + 16);
    if (/^0+$/.test(type)) continue;
    types.add(type);
    last = Math.max(last, Number(head.readBigUInt64LE(at + 40)));
    isLegacy ||= (head.readBigUInt64LE(at + 48) & LEGACY_BOOT) !== 0n;
  }
  const starts = { uefi: types.has(EFI_SYSTEM), bios: isLegacy || types.has(BIOS_BOOT) };
  return { what: 'GPT', endBytes: (last + 1) * sectorBytes, starts };
}
