import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib';
import { requireGoing } from '../../../lib/interrupted.ts';
import { type AgeIdentity, ageDecrypting, ageEncrypting } from '../../secrets/age-stream.ts';
import { fileError } from '../file-error.ts';
import { removeFile } from '../files.ts';

const CHUNK_BYTES = 1 << 20;
/** Memory is packed while its user waits: the quickest level, and a checksum, by which damage is seen when it is read. */
const PACKING = { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 1 };

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
 * Packs a stream into a file that must not exist, its owner’s alone, and brings it to the disk; gives the file’s length.
 * When this fails, the file is gone again. @throws DISK_FULL, FILE_DENIED, INTERRUPTED, and what the stream fails with
 */
export async function packStream(from: Readable, path: string, { recipient, signal }: Packing): Promise<number> {
  try {
    await using file = await open(path, 'wx', 0o600);
    const packing = createZstdCompress({ params: PACKING, chunkSize: CHUNK_BYTES });
    let bytes = 0;
    await pipeline(
      from,
      packing,
      recipient === undefined ? asItIs : ageEncrypting(recipient),
      async (packed: AsyncIterable<Buffer>) => {
        for await (const chunk of packed) {
          await file.writeFile(chunk);
          bytes += chunk.length;
        }
      },
      { signal },
    );
    await file.sync();
    return bytes;
  } catch (error) {
    await removeFile(path);
    requireGoing(signal);
    throw fileError(error, path);
  }
}

/**
 * Unpacks what `packStream` made, and ends the stream it goes to. Who reads there may hang up as soon as he has all of it.
 * @throws FILE_MISSING, FILE_DENIED, INTERRUPTED, and what is damaged or hangs up before
 */
export async function unpackStream(path: string, to: Writable, { identity, signal }: Unpacking): Promise<void> {
  const unpacking = createZstdDecompress({ chunkSize: CHUNK_BYTES });
  try {
    const packed = createReadStream(path, { highWaterMark: CHUNK_BYTES });
    await pipeline(packed, identity === undefined ? asItIs : ageDecrypting(identity), unpacking, writeTo(to), {
      signal,
    });
  } catch (error) {
    to.destroy();
    requireGoing(signal);
    throw fileError(error, path);
  }
}

/** Ends it too, but does not wait for that: that all is there is not known to be whole before what follows it in the file was read. */
function writeTo(to: Writable): (from: AsyncIterable<Buffer>) => Promise<void> {
  // It comes to whoever writes as well.
  to.on('error', () => undefined);
  const write = promisify((bytes: Buffer, done: (error?: Error | null) => void) => to.write(bytes, done));
  return async (from) => {
    for await (const bytes of from) await write(bytes);
    to.end();
  };
}

async function* asItIs(from: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield* from;
}
