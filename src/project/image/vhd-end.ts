import { AppError } from '../../lib/errors.ts';
import type { ImageFile } from '../../sys/image-file.ts';

const SECTOR = 512;
const MIB = 2 ** 20;
const EMPTY = 0xffff_ffff;
const MAX_BLOCKS = 1 << 22;
const FIXED = 2;
const DYNAMIC = 3;

/** Holds a VHD to its own table of blocks. @throws DISK_CUT, DISK_INVALID */
export async function requireWholeVhd(file: ImageFile): Promise<void> {
  const invalid = (what: string) => new AppError('DISK_INVALID', `${file.path} ${what}`);
  const first = await file.head(0, SECTOR);
  const footer = isFooter(first) ? first : await file.head(Math.max(0, file.size - SECTOR), SECTOR);
  if (!isFooter(footer)) throw new AppError('DISK_CUT', `${file.path} is cut short: its end is missing`);
  const diskBytes = Number(footer.readBigUInt64BE(48));
  const kind = footer.readUInt32BE(60);
  if (kind === FIXED) return file.require(Math.floor(diskBytes / SECTOR) * SECTOR + SECTOR);
  if (kind !== DYNAMIC)
    throw invalid('is the difference to another VHD: merge the two with Hyper-V (Merge-VHD), and add what comes out');
  const header = await file.part(Number(footer.readBigUInt64BE(16)), 1024);
  if (header.toString('latin1', 0, 8) !== 'cxsparse') throw invalid('lacks the table of its blocks');
  const [tableAt, blocks, blockBytes] = [
    Number(header.readBigUInt64BE(16)),
    header.readUInt32BE(28),
    header.readUInt32BE(32),
  ];
  const isPossible = blocks <= MAX_BLOCKS && blockBytes >= SECTOR && blockBytes <= 256 * MIB;
  if (!isPossible || blocks * blockBytes < diskBytes) throw invalid('has impossible tables');
  file.require(await endOfBlocks(file, { tableAt, blocks, blockBytes }));
}

async function endOfBlocks(
  file: ImageFile,
  { tableAt, blocks, blockBytes }: { tableAt: number; blocks: number; blockBytes: number },
): Promise<number> {
  // Before each block stands which of its sectors are used.
  const bitmapBytes = Math.ceil(blockBytes / SECTOR / 8 / SECTOR) * SECTOR;
  let end = tableAt + blocks * 4;
  for (let done = 0; done < blocks * 4; done += MIB) {
    const table = await file.part(tableAt + done, Math.min(MIB, blocks * 4 - done));
    for (let at = 0; at < table.length; at += 4) {
      const sector = table.readUInt32BE(at);
      if (sector !== EMPTY) end = Math.max(end, sector * SECTOR + bitmapBytes + blockBytes);
    }
  }
  return end;
}

function isFooter(bytes: Buffer): boolean {
  return bytes.length === SECTOR && bytes.toString('latin1', 0, 8) === 'conectix';
}
