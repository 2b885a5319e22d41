import { basename } from 'node:path';
import { AppError } from '../../lib/errors.ts';
import type { ImageFile } from '../../sys/image-file.ts';

const KIB = 1024;
const MIB = 2 ** 20;
const REGION_TABLES = [192 * KIB, 256 * KIB];
const HEADERS = [64 * KIB, 128 * KIB];
const TABLE_BYTES = 64 * KIB;
const MAX_ENTRIES = 2047;
const BAT = '6677c22d23f600429d64115e9bfd4a08';
const METADATA = '06a27c8b90479a4bb8fe575f050f886e';
const DISK_SIZE = '2442a52f1bcd7648b2115dbed83bf4b8';
const SECTOR_SIZE = '1dbf41816fa90947ba47f233a8faab5f';
const FILE_PARAMETERS = '3767a1ca36fa434db3b633f0aa44e76b';
/** States of blocks that lie in the file, wholly or in part. */
const PRESENT = [6n, 7n];
/** Bits 20 to 63 of an entry are where its block lies. */
const PLACE = 0xffff_ffff_fff0_0000n;

interface Region {
  at: number;
  bytes: number;
}

/** A checkpoint’s, whatever its name is; QEMU opens none, and says “Invalid argument”. */
const HAS_PARENT = 2;

/** Holds a VHDX to its own table of blocks. @throws DISK_CUT, DISK_INVALID, DISK_UNCLEAN (its log is to be replayed) */
export async function requireWholeVhdx(file: ImageFile): Promise<void> {
  await requireNoLog(file);
  const regions = await readRegions(file);
  const [bat, metadata] = [regions.get(BAT), regions.get(METADATA)];
  if (!bat || !metadata) throw new AppError('DISK_INVALID', `${file.path} lacks a table that every VHDX has`);
  for (const { at, bytes } of [bat, metadata]) file.require(at + bytes);
  const { blockBytes, isFixed, diskBytes, sectorBytes } = await readSizes(file, metadata);
  // After so many blocks stands which of their sectors are used.
  const blocksOfBitmap = (2 ** 23 * sectorBytes) / blockBytes;
  let end = 0;
  for (let done = 0; done < bat.bytes; done += MIB) {
    const table = await file.part(bat.at + done, Math.min(MIB, bat.bytes - done));
    for (let at = 0; at + 8 <= table.length; at += 8) {
      const entry = table.readBigUInt64LE(at);
      const index = (done + at) / 8;
      const guest = (index - Math.floor(index / (blocksOfBitmap + 1))) * blockBytes;
      // One of fixed size ends where its disk does, which may be within a block.
      const needed = isFixed ? Math.min(blockBytes, diskBytes - guest) : blockBytes;
      if (PRESENT.includes(entry & 7n)) end = Math.max(end, Number(entry & PLACE) + needed);
    }
  }
  file.require(end);
}

/** Of the two headers the one with the higher number counts. @throws DISK_UNCLEAN */
async function requireNoLog(file: ImageFile): Promise<void> {
  const headers = await Promise.all(HEADERS.map((at) => file.part(at, 64)));
  const valid = headers.filter((bytes) => bytes.toString('latin1', 0, 4) === 'head');
  const [current] = valid.toSorted((a, b) => (a.readBigUInt64LE(8) < b.readBigUInt64LE(8) ? 1 : -1));
  if (!current) throw new AppError('DISK_INVALID', `${file.path} has no header that can be read`);
  if (current.subarray(48, 64).every((byte) => byte === 0)) return;
  throw new AppError('DISK_UNCLEAN', `${file.path} was not closed: its log holds what is still to be written`, {
    details: { path: file.path },
  });
}

async function readRegions(file: ImageFile): Promise<Map<string, Region>> {
  for (const start of REGION_TABLES) {
    const table = await file.part(start, TABLE_BYTES);
    const count = table.readUInt32LE(8);
    if (table.toString('latin1', 0, 4) !== 'regi' || count > MAX_ENTRIES) continue;
    const regions = Array.from({ length: count }, (_, index) => table.subarray(16 + 32 * index, 48 + 32 * index));
    return new Map(
      regions.map((entry) => [
        entry.toString('hex', 0, 16),
        { at: Number(entry.readBigUInt64LE(16)), bytes: entry.readUInt32LE(24) },
      ]),
    );
  }
  throw new AppError('DISK_INVALID', `${file.path} has no table of its regions`);
}

async function readSizes(file: ImageFile, { at: start }: Region) {
  const table = await file.part(start, TABLE_BYTES);
  const count = Math.min(table.readUInt16LE(10), MAX_ENTRIES);
  const item = async (id: string, bytes: 4 | 8, from = 0) => {
    for (let at = 32; at < 32 + 32 * count; at += 32)
      if (table.toString('hex', at, at + 16) === id) {
        const value = await file.part(start + table.readUInt32LE(at + 16) + from, bytes);
        return bytes === 4 ? value.readUInt32LE(0) : Number(value.readBigUInt64LE(0));
      }
    throw new AppError('DISK_INVALID', `${file.path} does not say how large it and its blocks are`);
  };
  const [blockBytes, diskBytes, sectorBytes] = [
    await item(FILE_PARAMETERS, 4),
    await item(DISK_SIZE, 8),
    await item(SECTOR_SIZE, 4),
  ];
  const isPossible = blockBytes >= MIB && blockBytes <= 256 * MIB && [512, 4096].includes(sectorBytes);
  if (!isPossible) throw new AppError('DISK_INVALID', `${file.path} has blocks of an impossible size`);
  const kind = await item(FILE_PARAMETERS, 4, 4);
  if ((kind & HAS_PARENT) !== 0) throw difference(file.path);
  const isFixed = (kind & 1) === 1;
  return { blockBytes, isFixed, diskBytes, sectorBytes };
}

function difference(path: string): AppError {
  const name = basename(path);
  const merge = `Convert-VHD -Path ${name} -DestinationPath whole.vhdx`;
  return new AppError(
    'DISK_INVALID',
    `${path} is the difference to another disk, as checkpoints are: write both as one with Hyper-V (\`${merge}\`), and add that`,
  );
}
