import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib';
import { fileError } from './file-error.ts';
import { removeFile } from './files.ts';

const CHUNK_BYTES = 1 << 20;
/** Memory is packed while its user waits: the quickest level, and a checksum, by which damage is seen when it is read. */
const PACKING = { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 1 };

/**
 * Packs a stream into a file that must not exist, its owner’s alone, and brings it to the disk; gives the file’s length.
 * When this fails, the file is gone again. @throws DISK_FULL, FILE_DENIED, and what the stream fails with
 */
export async function packStream(from: Readable, path: string, signal: AbortSignal): Promise<number> {
  try {
    await using file = await open(path, 'wx', 0o600);
    const packing = createZstdCompress({ params: PACKING, chunkSize: CHUNK_BYTES });
    let bytes = 0;
    await pipeline(
      from,
      packing,
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
    throw fileError(error, path);
  }
}

/** Unpacks what `packStream` made, and ends the stream it goes to. @throws FILE_MISSING, FILE_DENIED, and what is damaged or hangs up */
export async function unpackStream(path: string, to: Writable, signal: AbortSignal): Promise<void> {
  const unpacking = createZstdDecompress({ chunkSize: CHUNK_BYTES });
  try {
    await pipeline(createReadStream(path, { highWaterMark: CHUNK_BYTES }), unpacking, to, { signal });
  } catch (error) {
    throw fileError(error, path);
  }
}
