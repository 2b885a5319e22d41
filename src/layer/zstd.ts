import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { AppError } from '../lib/errors.ts';
import { maxPackedFrame } from './format.ts';

const MIN_WINDOW_LOG = 10;
const MAX_WINDOW_LOG = 23;

/** Compresses bytes to one zstd frame, with a raw dictionary or none. The window covers both and nothing else (layer §6.1). */
export function compress(bytes: Uint8Array, level: number, dictionary?: Uint8Array): Uint8Array {
  const covered = bytes.length + (dictionary?.length ?? 0);
  const windowLog = Math.min(MAX_WINDOW_LOG, Math.max(MIN_WINDOW_LOG, Math.ceil(Math.log2(covered + 1))));
  return zstdCompressSync(bytes, {
    params: { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_windowLog]: windowLog },
    chunkSize: Math.max(constants.Z_MIN_CHUNK, Math.floor(maxPackedFrame(bytes.length))),
    ...(dictionary?.length ? { dictionary: nodeBuffer(dictionary) } : {}),
  });
}

/**
 * Unpacks one zstd frame that must give exactly `bytes` bytes; no more than those are ever made.
 * @throws LAYER_INVALID
 */
export function decompress(packed: Uint8Array, bytes: number, dictionary?: Uint8Array): Uint8Array {
  let unpacked: Uint8Array;
  try {
    unpacked = zstdDecompressSync(packed, {
      // One byte more than is expected tells a frame that is longer from one that fits.
      maxOutputLength: bytes + 1,
      chunkSize: Math.max(constants.Z_MIN_CHUNK, bytes + 1),
      params: { [constants.ZSTD_d_windowLogMax]: MAX_WINDOW_LOG },
      ...(dictionary?.length ? { dictionary: nodeBuffer(dictionary) } : {}),
    });
  } catch (cause) {
    throw new AppError('LAYER_INVALID', 'a compressed part of the blob cannot be unpacked', { cause });
  }
  if (unpacked.length !== bytes)
    throw new AppError('LAYER_INVALID', 'a compressed part of the blob has another length');
  return unpacked;
}

/** Buffers below this size may share their memory with others. */
const MIN_OWN_BYTES = 128 << 10;

/**
 * Gives back the memory of what `compress` or `decompress` gave, which nobody may use any more. Left to the collector, every
 * thread would let some 64 MiB of it pile up.
 */
export function release({ buffer }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength >= MIN_OWN_BYTES) buffer.transfer(0);
}

function nodeBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
