import { join } from 'node:path';
import { readCapped, writeFileAtomic } from '../sys/files/files.ts';
import { makeFolder } from '../sys/files/folders.ts';
import { type Publication, TIMESTAMP } from './publication.ts';

const MAX_FILE_BYTES = 16 << 20;

/** Copies a release into a folder, its timestamp last: until then, and whenever this ends before, readers see the former release. @throws FILE_*, DISK_FULL */
export async function putInFolder({ folder, content }: Publication, to: string): Promise<void> {
  await makeFolder(join(to, 'metadata'));
  await makeFolder(join(to, 'targets'));
  for (const path of [...content, TIMESTAMP])
    await writeFileAtomic(join(to, path), await readCapped(join(folder, path), MAX_FILE_BYTES));
}
