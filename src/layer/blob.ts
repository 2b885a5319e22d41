import { hash } from 'node:crypto';
import { AppError } from '../lib/errors.ts';
import { BlockFile } from '../sys/files/bulk/blocks.ts';
import { BlockRuns } from './chain/block-runs.ts';
import type { LayerEntry } from './entry.ts';
import {
  BLOCK,
  decodeHead,
  framesOffset,
  HASH_BYTES,
  HEAD_BYTES,
  type Head,
  piecesOf,
  piecesOffset,
} from './format.ts';
import { decodeFrameTable, type Frame } from './frames.ts';
import { decodeRecords } from './map.ts';
import { decompress } from './zstd.ts';

/** What a blob must be, as its manifest says (layer §1.5). */
export type Expected = Pick<LayerEntry, 'bytes' | 'sha256' | 'virtualBytes' | 'pieces'> & {
  blob: Pick<LayerEntry['blob'], 'bytes' | 'sha256'>;
};

/** Everything a blob says, checked: what there is to do to rebuild its layer. Block numbers all fit 32 bits. */
export interface Plan {
  head: Head;
  /** Decoded anew each time: those of a large layer would take more memory than all else. */
  frames: () => Iterable<Frame>;
  /** Where the first frame lies in the blob. */
  framesOffset: number;
  /** File blocks of the new blocks, by their numbers. */
  newBlocks: BlockRuns;
  /** Threes of file block, base block, count. */
  copies: Uint32Array;
  /** Threes of file block, new block, count. */
  repeats: Uint32Array;
  /** Pairs of file block, count. */
  zeros: Uint32Array;
  /** SHA-256 of each MiB of the layer file (layer §8.5). */
  pieces: Buffer;
  /** Blocks that take room: all but the zero ones. */
  dataBlocks: number;
}

/**
 * Reads head, block map and piece list of a blob completely, writing nothing (layer §11.1, §12). `baseBytes` is the virtual
 * size of the chain it is to be put on. Whether the blob’s bytes are the signed ones is for the caller to check.
 * @throws LAYER_TRUNCATED, LAYER_INVALID, LAYER_TOO_LARGE, LAYER_HASH (another piece list), FILE_MISSING
 */
export function readBlob(path: string, expected: Expected, baseBytes: number): Plan {
  using blob = new BlockFile(path, 'read');
  const blobBytes = checkLength(blob, expected);
  const head = decodeHead(part(blob, 0, Math.min(HEAD_BYTES, blobBytes)), {
    layerBytes: expected.bytes,
    virtualBytes: expected.virtualBytes,
    baseBytes,
    blobBytes,
  });
  const map = decompress(part(blob, HEAD_BYTES, head.packedMapBytes), head.recordsBytes + head.tableBytes);
  const pieces = part(blob, piecesOffset(head), HASH_BYTES * piecesOf(head.layerBytes));
  if (hash('sha256', pieces) !== expected.pieces)
    throw new AppError('LAYER_HASH', 'the blob’s piece list is not the signed one');
  const frames = () => decodeFrameTable(map.subarray(head.recordsBytes), head, blobBytes);
  for (const _ of frames());
  return {
    head,
    frames,
    framesOffset: framesOffset(head),
    pieces,
    ...sortRuns(map.subarray(0, head.recordsBytes), head),
  };
}

/** Holds a file’s length to what was signed before anything is read of it. */
function checkLength(blob: BlockFile, expected: Expected): number {
  const { size } = blob;
  const details = { bytes: size, expected: expected.blob.bytes };
  if (size < expected.blob.bytes)
    throw new AppError('LAYER_TRUNCATED', 'the blob is shorter than was signed', { details });
  if (size > expected.blob.bytes)
    throw new AppError('LAYER_INVALID', 'the blob is longer than was signed', { details });
  return size;
}

function part(file: BlockFile, offset: number, bytes: number): Buffer {
  const into = Buffer.allocUnsafeSlow(bytes);
  file.read(into, offset);
  return into;
}

function sortRuns(records: Uint8Array, head: Head): Omit<Plan, 'head' | 'frames' | 'framesOffset' | 'pieces'> {
  const newBlocks = new BlockRuns();
  const copies: number[] = [];
  const repeats: number[] = [];
  const zeros: number[] = [];
  let file = 0;
  let dataBlocks = 0;
  for (const run of decodeRecords(records, head)) {
    switch (run.kind) {
      case 'zero':
        zeros.push(file, run.n);
        break;
      case 'same':
      case 'moved':
        copies.push(file, run.from, run.n);
        break;
      case 'new':
        newBlocks.add(run.from, file, run.n);
        break;
      case 'again':
        repeats.push(file, run.from, run.n);
        break;
    }
    if (run.kind !== 'zero') dataBlocks += run.n;
    file += run.n;
  }
  const list = (numbers: number[]) => Uint32Array.from(numbers);
  return { newBlocks, copies: list(copies), repeats: list(repeats), zeros: list(zeros), dataBlocks };
}

/** Bytes of the layer that take room on a disk. */
export function dataBytes(plan: Plan): number {
  return plan.dataBlocks * BLOCK;
}

/** Threes of file block, file block it repeats, count. */
export function repeatsInFile({ repeats, newBlocks }: Plan): Uint32Array {
  const runs: number[] = [];
  for (let at = 0; at < repeats.length; at += 3) {
    const [to = 0, first = 0, n = 0] = repeats.subarray(at, at + 3);
    // New blocks in a row need not lie in a row in the file.
    for (const [number, block, count] of newBlocks.within(first, n)) runs.push(to + number - first, block, count);
  }
  return Uint32Array.from(runs);
}
