import { AppError } from '../../lib/errors.ts';
import type { ImageFile } from '../../sys/image-file.ts';

/** Entries from here on are holes or zeros. */
const FIRST_EMPTY = 0xffff_fffe;
const STEP_BYTES = 1 << 20;

/** Holds a VDI to its own map of blocks. @throws DISK_CUT, DISK_INVALID */
export async function requireWholeVdi(file: ImageFile): Promise<void> {
  const header = await file.part(0, 512);
  const [mapAt, dataAt] = [header.readUInt32LE(0x154), header.readUInt32LE(0x158)];
  const diskBytes = Number(header.readBigUInt64LE(0x170));
  const [blockBytes, blocks] = [header.readUInt32LE(0x178), header.readUInt32LE(0x180)];
  if (blockBytes === 0) throw new AppError('DISK_INVALID', `${file.path} has a block size of zero`);
  file.require(mapAt + blocks * 4);
  let end = 0;
  for (let done = 0; done < blocks * 4; done += STEP_BYTES) {
    const map = await file.part(mapAt + done, Math.min(STEP_BYTES, blocks * 4 - done));
    for (let at = 0; at < map.length; at += 4) {
      const entry = map.readUInt32LE(at);
      const guest = ((done + at) / 4) * blockBytes;
      // Of the last block the disk may need a part alone.
      const needed = Math.min(blockBytes, diskBytes - guest);
      if (entry < FIRST_EMPTY && needed > 0) end = Math.max(end, dataAt + entry * blockBytes + needed);
    }
  }
  file.require(end);
}
