import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createZstdDecompress } from 'node:zlib';
import { AppError } from '../../../lib/errors.ts';
import { fileError } from '../file-error.ts';

/**
 * Unpacks one zstd file into a new file of at most `maxBytes`, whatever it holds in memory meanwhile being small, and
 * says what came out.
 * @throws FILE_TOO_LARGE, FILE_INVALID (no zstd), FILE_MISSING, DISK_FULL
 */
export async function unpackZstd(
  from: string,
  to: string,
  maxBytes: number,
): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  async function* counted(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw new AppError('FILE_TOO_LARGE', `${from} unpacks to more than ${maxBytes} bytes`);
      hash.update(chunk);
      yield chunk;
    }
  }
  try {
    await pipeline(
      createReadStream(from),
      createZstdDecompress(),
      counted,
      createWriteStream(to, { flags: 'wx', mode: 0o444, flush: true }),
    );
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('ZSTD_')) {
      throw new AppError('FILE_INVALID', `${from} is damaged`, { cause: error });
    }
    throw fileError(error, to);
  }
  return { sha256: hash.digest('hex'), bytes };
}
