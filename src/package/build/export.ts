import { dirname, join } from 'node:path';
import { copyFileTo, writeFileAtomic } from '../../sys/files/files.ts';
import { makeFolder, moveFolder, namesIn, removeFolder } from '../../sys/files/folders.ts';
import { temporaryBeside } from '../../sys/files/temporary.ts';
import { blobName } from '../blob-file.ts';
import type { EncryptTo } from '../encrypted/recipients.ts';
import { writeEncrypted } from '../encrypted/write.ts';
import { LAZARET_LIST } from '../installer/list.ts';
import { writeLazaret } from '../installer/write.ts';

const MAX_BLOB_BYTES = 2 ** 52;

export interface Exported {
  /** The folder to be made. */
  folder: string;
  /** The name of the package’s manifest. */
  target: string;
  /** The blobs that it carries. */
  blobs: readonly string[];
  /** The list of the Lazaret that goes with it, by its digest. */
  lazaret?: string;
  /** Whom alone the folder is for. */
  encryptTo?: EncryptTo | undefined;
}

/**
 * Copies the newest release of a repository, with one package’s blobs alone, into a folder that appears whole or not at all.
 * @throws DISK_FULL, FILE_DENIED, USAGE (no recipients)
 */
export async function exportPackage(repository: string, exported: Exported): Promise<void> {
  const { folder, target, blobs, lazaret, encryptTo } = exported;
  await makeFolder(dirname(folder));
  const beside = temporaryBeside(folder);
  try {
    const metadata = await namesIn(join(repository, 'metadata'));
    const newest = Math.max(...metadata.map((name) => Number(/^(\d+)\.targets\.json$/.exec(name)?.[1] ?? 0)));
    const wanted = (name: string) =>
      /\.root\.json$/.test(name) || name === 'timestamp.json' || name.startsWith(`${newest}.`);
    const targets = (await namesIn(join(repository, 'targets'))).filter(
      (name) => name.endsWith(`.${target}`) || name === `${lazaret}.${LAZARET_LIST}`,
    );
    const files = [
      ...metadata.filter(wanted).map((name) => join('metadata', name)),
      ...targets.map((name) => join('targets', name)),
      ...blobs.map(blobName),
    ];
    const pointer = `${JSON.stringify({ format: 1, manifest: target })}\n`;
    if (encryptTo) {
      const own = { path: 'package.json', data: Buffer.from(pointer) };
      await writeEncrypted({ repository, paths: files, pointer: own }, beside, encryptTo);
    } else {
      for (const part of ['metadata', 'targets', 'blobs']) await makeFolder(join(beside, part));
      for (const file of files) await copyFileTo(join(repository, file), join(beside, file), MAX_BLOB_BYTES);
      await writeFileAtomic(join(beside, 'package.json'), pointer);
    }
    if (lazaret !== undefined) await writeLazaret(repository, lazaret, beside);
    await moveFolder(beside, folder);
  } catch (error) {
    await removeFolder(beside);
    throw error;
  }
}
