import { ownDiskBytes } from '../../layer/chain/qcow2.ts';
import { copyBlocks } from '../../layer/locked/copy.ts';
import { AppError } from '../../lib/errors.ts';
import { copyFileTo, isThere, moveFile } from '../../sys/files/files.ts';
import { withScratch } from '../../sys/files/new-file.ts';
import { makeDiskOnce } from '../../sys/programs/qemu-img.ts';

/** The tables of an empty disk are small, whatever its size. */
const MAX_EMPTY_BYTES = 256 << 20;

/**
 * Keeps an empty disk, encrypted and as large as another, which opens by the same key: with a copy of it somebody who has no key can set
 * that other aside, and put an empty one on it. @throws KEY_DAMAGED, LAYER_INVALID, DISK_FULL
 */
export async function keepEmptyDisk(disk: string, empty: string, diskKey: string): Promise<void> {
  const virtualBytes = ownDiskBytes(disk, diskKey);
  if (await isSuch(empty, virtualBytes, diskKey)) return;
  await withScratch(empty, async (inClear) => {
    await makeDiskOnce(inClear, virtualBytes);
    await withScratch(empty, async (beside) => {
      await copyBlocks({ from: inClear, to: beside, toKey: diskKey });
      await moveFile(beside, empty);
    });
  });
}

/** Makes another of it, as one step; what is there already stays as it is. @throws DISK_FULL */
export async function copyEmptyDisk(empty: string, to: string): Promise<void> {
  if (await isThere(to)) return;
  await withScratch(to, async (beside) => {
    await copyFileTo(empty, beside, MAX_EMPTY_BYTES);
    await moveFile(beside, to);
  });
}

async function isSuch(empty: string, virtualBytes: number, diskKey: string): Promise<boolean> {
  if (!(await isThere(empty))) return false;
  try {
    return ownDiskBytes(empty, diskKey) === virtualBytes;
  } catch (error) {
    if (error instanceof AppError && ['KEY_DAMAGED', 'LAYER_INVALID'].includes(error.code)) return false;
    throw error;
  }
}
