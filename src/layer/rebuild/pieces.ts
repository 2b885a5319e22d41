import { hash } from 'node:crypto';
import { z } from 'zod';
import { inOrder } from '../../lib/in-order.ts';
import { BlockFile } from '../../sys/files/bulk/blocks.ts';
import { mapRaw } from '../../sys/programs/qemu-img.ts';
import { openThreads, usualThreads } from '../../sys/programs/threads.ts';
import { HASH_BYTES, hold, PIECE, piecesOf } from '../format.ts';
import { openPieces } from './pieces-jobs.ts';
import type { Work } from './replay.ts';

/** Pieces hashed as one job. */
const AT_ONCE = 8;
/** Files with less data than this are hashed without threads. */
const SMALL = 32 << 20;
const WORKER = new URL('./pieces-worker.ts', import.meta.url);
const Mapped = z.array(z.object({ start: z.int().min(0), length: z.int().positive(), data: z.boolean() }));

/**
 * The piece list of a file (layer §8.5): SHA-256 of each MiB, in parallel. Holes are not read: their hash is known.
 * @throws FILE_MISSING, LAYER_INVALID (the file changed meanwhile), INTERRUPTED, PROGRAM_MISSING
 */
export async function hashPieces(path: string, { workers, signal }: Work = {}): Promise<Buffer> {
  const size = sizeOf(path);
  const count = piecesOf(size);
  const wanted = await piecesWithData(path, count, signal);
  const zeros = hash('sha256', Buffer.alloc(PIECE), 'buffer');
  const list = Buffer.concat(Array.from({ length: count }, () => zeros));
  const threadCount = workers ?? (wanted.length * PIECE < SMALL ? 0 : usualThreads());
  await using threads = openThreads(WORKER, openPieces, { path }, { count: threadCount, signal });
  const hashed = inOrder(batches(wanted), threads.ahead, async (pieces) => ({
    pieces,
    hashes: await threads.run('hash', pieces),
  }));
  for await (const { pieces, hashes } of hashed) {
    pieces.forEach((piece, at) => {
      list.set(hashes.subarray(HASH_BYTES * at, HASH_BYTES * (at + 1)), HASH_BYTES * piece);
    });
  }
  hold(sizeOf(path) === size, `${path} changed while it was read`);
  return list;
}

/** The numbers of the pieces of a file that are not as its list says; all that one has and the other has not are among them. */
export async function damagedPieces(path: string, pieces: Uint8Array, work: Work = {}): Promise<number[]> {
  const found = await hashPieces(path, work);
  const count = Math.max(found.length, pieces.length) / HASH_BYTES;
  const at = (list: Uint8Array, piece: number) => list.subarray(HASH_BYTES * piece, HASH_BYTES * (piece + 1));
  return Array.from({ length: count }, (_, piece) => piece).filter(
    (piece) => Buffer.compare(at(found, piece), at(pieces, piece)) !== 0,
  );
}

function sizeOf(path: string): number {
  using file = new BlockFile(path, 'read');
  return file.size;
}

/** Pieces that hold data, and the last one, which may be shorter than the zeros whose hash is known. */
async function piecesWithData(path: string, count: number, signal: AbortSignal | undefined): Promise<Uint32Array> {
  const wanted = new Set<number>(count > 0 ? [count - 1] : []);
  for (const { start, length, data } of Mapped.parse(await mapRaw(path, { signal }))) {
    if (!data) continue;
    const end = Math.min(count, Math.ceil((start + length) / PIECE));
    for (let piece = Math.floor(start / PIECE); piece < end; piece += 1) wanted.add(piece);
  }
  return Uint32Array.from(wanted).sort();
}

function* batches(pieces: Uint32Array): Generator<Uint32Array> {
  for (let at = 0; at < pieces.length; at += AT_ONCE) yield pieces.slice(at, at + AT_ONCE);
}
