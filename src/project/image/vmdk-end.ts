import { AppError } from '../../lib/errors.ts';
import type { ImageFile } from '../../sys/image-file.ts';

const SECTOR = 512;
const HEADER_BYTES = 79;
/** The header says so where the directory’s place stands in a copy of it at the end. */
const AT_END = 0xffff_ffff_ffff_ffffn;
const COMPRESSED = 1 << 16;
const MARKER_BYTES = 12;
const MAX_TABLES = 1 << 20;
const MAX_GRAIN_SECTORS = 1 << 16;

interface Header {
  flags: number;
  capacity: number;
  grainSectors: number;
  tableEntries: number;
  directory: bigint;
}

/** Holds a sparse VMDK to its own tables. @throws DISK_CUT, DISK_INVALID */
export async function requireWholeVmdk(file: ImageFile): Promise<void> {
  const first = headerIn(await file.part(0, HEADER_BYTES));
  const header = first.directory === AT_END ? await footer(file) : first;
  const { capacity, grainSectors, tableEntries, flags } = header;
  const tables = Math.ceil(capacity / (grainSectors * tableEntries));
  const isPossible = grainSectors > 0 && grainSectors <= MAX_GRAIN_SECTORS && tableEntries > 0 && tableEntries <= 4096;
  if (!isPossible || !(tables <= MAX_TABLES)) throw new AppError('DISK_INVALID', `${file.path} has impossible tables`);
  const directory = await file.part(Number(header.directory) * SECTOR, tables * 4);
  let last = 0;
  const seen = new Set([0]);
  for (let at = 0; at < directory.length; at += 4) {
    const place = directory.readUInt32LE(at);
    if (seen.has(place)) continue;
    seen.add(place);
    const table = await file.part(place * SECTOR, tableEntries * 4);
    for (let entry = 0; entry < table.length; entry += 4) last = Math.max(last, table.readUInt32LE(entry));
  }
  // 0 is a hole, 1 a grain of zeros.
  if (last > 1) file.require(await endOfGrain(file, last * SECTOR, grainSectors * SECTOR, (flags & COMPRESSED) !== 0));
}

async function endOfGrain(file: ImageFile, at: number, grainBytes: number, isCompressed: boolean): Promise<number> {
  if (!isCompressed) return at + grainBytes;
  const marker = await file.part(at, MARKER_BYTES);
  return at + MARKER_BYTES + marker.readUInt32LE(8);
}

function headerIn(bytes: Buffer): Header {
  return {
    flags: bytes.readUInt32LE(8),
    capacity: Number(bytes.readBigUInt64LE(12)),
    grainSectors: Number(bytes.readBigUInt64LE(20)),
    tableEntries: bytes.readUInt32LE(44),
    directory: bytes.readBigUInt64LE(56),
  };
}

/** The copy of the header that ends a stream, before its last marker. @throws DISK_CUT where it is not there */
async function footer(file: ImageFile): Promise<Header> {
  const bytes = await file.part(Math.max(0, file.size - 2 * SECTOR), HEADER_BYTES);
  const header = headerIn(bytes);
  if (bytes.toString('latin1', 0, 4) === 'KDMV' && header.directory !== AT_END) return header;
  throw new AppError('DISK_CUT', `${file.path} is cut short: its end is missing, where its directory stands`);
}
