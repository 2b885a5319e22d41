import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { fileBytes, writeFileAtomic } from '../../sys/files/files.ts';
import { makeFolder } from '../../sys/files/folders.ts';
import { writeAgeFile } from '../../sys/secrets/age-file.ts';
import { folderSource } from '../../sys/sources/folder-source.ts';
import { blobName } from '../blob-file.ts';
import { ENCRYPTED_FILE } from '../media/table-of-contents.ts';
import { EncryptedFile, INDEX_FILE, type Index } from './encrypted-file.ts';
import { ageRecipients, type EncryptTo } from './recipients.ts';
import { BLOCK_BYTES, padding, tarHeader } from './tar-header.ts';

/** What a package consists of: files of a folder, and one more. */
export interface PackageFiles {
  repository: string;
  paths: readonly string[];
  pointer: { path: string; data: Buffer };
}

/**
 * Writes a package’s files into a folder as one age file of a tar archive, chunk by chunk: no byte of them reaches the folder’s disk in
 * clear. @throws USAGE (no recipients), DISK_FULL, FILE_DENIED
 */
export async function writeEncrypted(files: PackageFiles, folder: string, encryptTo: EncryptTo): Promise<void> {
  const blob = randomBytes(32).toString('hex');
  const recipients = ageRecipients(encryptTo);
  await makeFolder(join(folder, 'blobs'));
  const bytes = await writeAgeFile(join(folder, blobName(blob)), archive(files), recipients);
  const file = EncryptedFile.parse({ format: 1, blob, bytes });
  await writeFileAtomic(join(folder, ENCRYPTED_FILE), `${JSON.stringify(file)}\n`);
}

async function* archive({ repository, paths, pointer }: PackageFiles): AsyncGenerator<Buffer> {
  const sizes = await Promise.all(paths.map((path) => fileBytes(join(repository, path))));
  const files = paths.map((path, at) => ({ path, bytes: sizes[at] ?? 0 }));
  yield indexOf([{ path: pointer.path, bytes: pointer.data.length }, ...files]);
  yield Buffer.concat([tarHeader(pointer.path, pointer.data.length), pointer.data, padding(pointer.data.length)]);
  for (const { path, bytes } of files) {
    yield tarHeader(path, bytes);
    const { chunks } = await folderSource(repository).open(path, { maxBytes: bytes });
    for await (const chunk of chunks) yield chunk as Buffer;
    yield padding(bytes);
  }
  yield Buffer.alloc(2 * BLOCK_BYTES);
}

/** The first file of the archive. Its own length moves all that it says, so it has room to grow into. */
function indexOf(files: readonly { path: string; bytes: number }[]): Buffer {
  const place = (begins: number): Index => {
    let at = begins;
    return files.map(({ path, bytes }) => {
      const offset = at + tarHeader(path, bytes).length;
      at = offset + bytes + padding(bytes).length;
      return { path, offset, bytes };
    });
  };
  // Seventeen digits are more than any offset has.
  const room = JSON.stringify(place(0)).length + files.length * 17;
  const text = Buffer.from(JSON.stringify(place(BLOCK_BYTES + room + padding(room).length)).padEnd(room));
  return Buffer.concat([tarHeader(INDEX_FILE, room), text, padding(room)]);
}
