import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { AppError } from '../../../lib/errors.ts';
import { requireGoing } from '../../../lib/interrupted.ts';
import { fileError } from '../file-error.ts';
import type { FilePart } from './digest-part.ts';

const highWaterMark = 1 << 20;

interface Gathering {
  /** Together they are one file that is packed with gzip. */
  isPacked: boolean;
  /** What may come out. */
  maxBytes: number;
  signal?: AbortSignal | undefined;
  /** What others may do with it, as far as this process lets files be used; without it nobody anything. */
  mode?: number;
  /** Told how much of the parts is read. */
  onBytes?: ((done: number, total: number) => void) | undefined;
}

/**
 * Writes parts of files one behind the other into a new file, unpacked where they are packed.
 * @throws FILE_TOO_LARGE, FILE_INVALID (no gzip), FILE_MISSING, DISK_FULL, INTERRUPTED
 */
export async function gatherParts(
  parts: readonly FilePart[],
  to: string,
  { isPacked, maxBytes, signal, mode = 0o600, onBytes }: Gathering,
): Promise<void> {
  let [bytes, read] = [0, 0];
  const total = parts.reduce((sum, part) => sum + part.bytes, 0);
  async function* all(): AsyncGenerator<Buffer> {
    for (const { path, offset, bytes: length } of parts)
      if (length > 0)
        for await (const chunk of createReadStream(path, { start: offset, end: offset + length - 1, highWaterMark })) {
          yield chunk;
          read += chunk.length;
          onBytes?.(read, total);
        }
  }
  async function* counted(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > maxBytes)
        throw new AppError('FILE_TOO_LARGE', `more than ${maxBytes} bytes come out of ${parts[0]?.path}`);
      yield chunk;
    }
  }
  const into = createWriteStream(to, { flags: 'wx', mode });
  const more = signal ? { signal } : {};
  try {
    if (isPacked) await pipeline(all, createGunzip(), counted, into, more);
    else await pipeline(all, counted, into, more);
  } catch (error) {
    // The disk that it is on can be unmounted when this is over.
    if (!into.closed) await once(into, 'close');
    requireGoing(signal);
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('Z_'))
      throw new AppError('FILE_INVALID', `${parts[0]?.path} is damaged: it is not what gzip writes`, { cause: error });
    throw fileError(error, to);
  }
}
