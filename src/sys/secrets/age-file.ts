import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { Recipient } from 'age-encryption';
import { fileError } from '../files/file-error.ts';
import { fileBytes } from '../files/files.ts';
import { ageEncrypting } from './age-stream.ts';

/**
 * Writes what comes into an age file that must not exist, chunk by chunk, and brings it to the disk; gives the file’s length. No byte of it
 * reaches the disk in clear. What a failure leaves is for the caller to remove. @throws DISK_FULL, FILE_DENIED, and what `from` throws
 */
export async function writeAgeFile(
  path: string,
  from: AsyncIterable<Buffer>,
  recipients: readonly (Recipient | string)[],
): Promise<number> {
  try {
    await pipeline(from, ageEncrypting(...recipients), createWriteStream(path, { flags: 'wx', flush: true }));
  } catch (error) {
    throw fileError(error, path);
  }
  return fileBytes(path);
}
