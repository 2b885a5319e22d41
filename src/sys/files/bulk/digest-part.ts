import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { requireGoing } from '../../../lib/interrupted.ts';
import { coded } from '../file-error.ts';

const STEP_BYTES = 1 << 20;

/** Some of a file’s bytes. */
export interface FilePart {
  path: string;
  offset: number;
  bytes: number;
}

/** The digest of a part of a file in hexadecimal; of less where the file ends before. @throws FILE_MISSING, FILE_DENIED, INTERRUPTED */
export async function digestPart(
  { path, offset, bytes }: FilePart,
  algorithm: 'sha1' | 'sha256' | 'sha512',
  signal?: AbortSignal,
): Promise<string> {
  return coded(path, async () => {
    await using file = await open(path, 'r');
    const hash = createHash(algorithm);
    const buffer = Buffer.allocUnsafeSlow(STEP_BYTES);
    for (let done = 0; done < bytes; ) {
      requireGoing(signal);
      const { bytesRead } = await file.read(buffer, 0, Math.min(STEP_BYTES, bytes - done), offset + done);
      if (bytesRead === 0) break;
      hash.update(buffer.subarray(0, bytesRead));
      done += bytesRead;
    }
    return hash.digest('hex');
  });
}
