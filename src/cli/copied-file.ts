import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { openToRead, readCapped, writeFileAtomic } from '../sys/files/files.ts';

/** As much as any policy lets pass. */
const MOST_BYTES = 8 << 20;
const PNG = Buffer.from('89504e470d0a1a0a', 'hex');

/** Something that is copied, as the service takes and gives it. */
interface Copied {
  type: 'text/plain' | 'image/png';
  base64: string;
}

/** What a file has, as a picture where it is one in PNG. @throws FILE_* */
export async function readCopied(file: string): Promise<Copied> {
  const bytes = await readCapped(resolve(file), MOST_BYTES);
  const isPicture = bytes.subarray(0, PNG.length).equals(PNG);
  return { type: isPicture ? 'image/png' : 'text/plain', base64: bytes.toString('base64') };
}

/** Writes what was copied where its user said, for his eyes alone. @throws FILE_*, DISK_FULL */
export async function writeCopied(file: string, { base64 }: Copied): Promise<void> {
  await writeFileAtomic(resolve(file), Buffer.from(base64, 'base64'), 0o600);
}

/** An ordinary file to be sent, and its length. @throws FILE_* */
export async function openToSend(file: string): Promise<AsyncDisposable & { content: Readable; bytes: number }> {
  return openToRead(resolve(file));
}
