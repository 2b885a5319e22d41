import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { systemCode } from '../../../lib/errors.ts';
import { requireGoing } from '../../../lib/interrupted.ts';
import type { Socket } from '../../network/sockets.ts';
import { PACKING, startZstd, UNPACKING } from '../../programs/zstd.ts';
import { type AgeIdentity, ageDecrypting, ageEncrypting } from '../../secrets/age-stream.ts';
import { fileError } from '../file-error.ts';
import { removeFile } from '../files.ts';

const CHUNK_BYTES = 1 << 20;
const HUNG_UP = new Set(['EPIPE', 'ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE']);

/** Whom what is packed is encrypted for; it lies in clear where that is nobody. */
interface Packing {
  recipient: string | undefined;
  signal: AbortSignal;
}

/** What opens it again: where there is such an identity, nothing that lies in clear is taken. */
interface Unpacking {
  identity: AgeIdentity | undefined;
  signal: AbortSignal;
}

/**
 * Packs what comes from a socket, of which nothing was read yet, into a file that must not exist, its owner’s alone, and brings it to the
 * disk; gives the file’s length. When this fails, the file is gone again. @throws DISK_FULL, FILE_DENIED, INTERRUPTED, PROGRAM_FAILED, PROGRAM_MISSING
 */
export async function packStream(from: Socket, path: string, { recipient, signal }: Packing): Promise<number> {
  try {
    await using file = await open(path, 'wx', 0o600);
    // For a recipient it comes here first: no byte of it is on the disk as it is.
    const to = recipient === undefined ? file.fd : 'pipe';
    await using zstd = startZstd(PACKING, { from, to, signal });
    if (recipient !== undefined && zstd.output)
      await pipeline(zstd.output, ageEncrypting(recipient), async (sealed: AsyncIterable<Buffer>) => {
        for await (const chunk of sealed) await file.writeFile(chunk);
      });
    await zstd.ended;
    await file.sync();
    return (await file.stat()).size;
  } catch (error) {
    from.destroy();
    await removeFile(path);
    requireGoing(signal);
    throw fileError(error, path);
  }
}

/**
 * Unpacks what `packStream` made into a socket, and ends it. Who reads there may hang up as soon as he has all of it.
 * @throws FILE_MISSING, FILE_DENIED, INTERRUPTED, PROGRAM_FAILED, PROGRAM_MISSING, and what is damaged or hangs up before
 */
export async function unpackStream(path: string, to: Socket, { identity, signal }: Unpacking): Promise<void> {
  try {
    await using file = await open(path);
    await using zstd = startZstd(UNPACKING, { from: identity === undefined ? file.fd : 'pipe', to, signal });
    if (identity !== undefined && zstd.input)
      await pipeline(file.createReadStream({ highWaterMark: CHUNK_BYTES }), ageDecrypting(identity), zstd.input).catch(
        // Who has hung up says why.
        async (error) => (HUNG_UP.has(systemCode(error) ?? '') ? zstd.ended : Promise.reject(error)),
      );
    await zstd.ended;
  } catch (error) {
    to.destroy();
    requireGoing(signal);
    throw fileError(error, path);
  }
}
