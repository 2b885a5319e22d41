import { createWriteStream } from 'node:fs';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { formatBytes } from '../../../lib/bytes.ts';
import { AppError, systemCode } from '../../../lib/errors.ts';
import { requireGoing } from '../../../lib/interrupted.ts';
import { fileError } from '../file-error.ts';
import { removeFile } from '../files.ts';
import { freeBytes } from '../folders.ts';

/** What others on the same disk still find free. */
const SPARE_BYTES = 64 << 20;
const HANG_UPS = ['ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE', 'ABORT_ERR'];

/** @throws DISK_FULL where a file of this length does not fit into a folder */
export async function requireFree(folder: string, bytes: number, what: string): Promise<void> {
  const free = await freeBytes(folder);
  if (bytes + SPARE_BYTES <= free) return;
  const reason = `${what} has ${formatBytes(bytes)}, and ${formatBytes(free)} are free`;
  throw new AppError('DISK_FULL', reason, { details: { needBytes: bytes, freeBytes: free } });
}

export interface Receiving {
  /** How long it was said to be. */
  bytes: number;
  onBytes: (done: number) => void;
  signal: AbortSignal;
}

/**
 * Writes what somebody sends to a file that must not exist, no faster than the disk takes it. Whenever this fails, the file
 * is gone again.
 * @throws DISK_FULL, FILE_DENIED, UPLOAD_CUT (more or less than was said, or the sender hung up), and what `signal` says
 */
export async function receiveFile(
  path: string,
  body: ReadableStream<Uint8Array>,
  { bytes, onBytes, signal }: Receiving,
): Promise<void> {
  let done = 0;
  async function* counted(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      done += chunk.length;
      if (done > bytes) break;
      yield chunk;
      onBytes(done);
    }
    if (done !== bytes) throw new AppError('UPLOAD_CUT', `${done} bytes came of ${bytes}`);
  }
  try {
    await requireFree(dirname(path), bytes, 'the file');
    await pipeline(Readable.fromWeb(body), counted, createWriteStream(path, { flags: 'wx', mode: 0o600 }), { signal });
  } catch (error) {
    await removeFile(path);
    requireGoing(signal);
    throw hungUp(error) ?? fileError(error, path);
  }
}

/** Whoever sends may hang up at any moment. */
function hungUp(cause: unknown): AppError | undefined {
  const isHangUp = HANG_UPS.includes(systemCode(cause) ?? '');
  return isHangUp ? new AppError('UPLOAD_CUT', 'whoever sent it has hung up', { cause }) : undefined;
}
