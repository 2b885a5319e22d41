import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { AppError } from '../lib/errors.ts';
import { unpackZstd } from '../sys/files/bulk/unpack.ts';
import { digestFile, isThere, moveFile, readUnlinked, removeFile, writeFileAtomic } from '../sys/files/files.ts';
import { makeFolder } from '../sys/files/folders.ts';
import { temporaryBeside } from '../sys/files/temporary.ts';
import type { PackedFile } from './packed-file.ts';

const MAX_FILE_BYTES = 512 << 20;

/** Path of a blob in a package’s or repository’s folder. */
export function blobName(sha256: string): string {
  return `blobs/${sha256}`;
}

/** Compresses a file into a blob of the repository, and says how to prove it. @throws FILE_* (FILE_INVALID for a link), DISK_FULL */
export async function packFile(path: string, repository: string): Promise<PackedFile> {
  const bytes = await readUnlinked(path, MAX_FILE_BYTES);
  const blob = zstdCompressSync(bytes);
  const packed = { bytes: bytes.length, sha256: digest(bytes), blob: { bytes: blob.length, sha256: digest(blob) } };
  const to = join(repository, blobName(packed.blob.sha256));
  if (!(await isThere(to))) {
    await makeFolder(join(repository, 'blobs'));
    await writeFileAtomic(to, blob);
  }
  return packed;
}

/**
 * Unpacks a blob into a file that appears whole or not at all.
 * @throws TRUST_DIGEST (blob or file are not the signed ones), FILE_TOO_LARGE, DISK_FULL
 */
export async function unpackFile(blobPath: string, packed: PackedFile, to: string): Promise<void> {
  if (packed.bytes > MAX_FILE_BYTES)
    throw new AppError('FILE_TOO_LARGE', `a file of ${packed.bytes} bytes is too large`);
  if ((await digestFile(blobPath)).sha256 !== packed.blob.sha256) throw changed();
  const beside = temporaryBeside(to);
  try {
    const { sha256 } = await unpackZstd(blobPath, beside, packed.bytes);
    if (sha256 !== packed.sha256) throw changed();
    await moveFile(beside, to);
  } finally {
    await removeFile(beside);
  }
}

function changed(): AppError {
  return new AppError('TRUST_DIGEST', 'a file of the package is not the signed one');
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
