import { crc32 } from 'node:zlib';
import { VarintReader, VarintWriter } from '../lib/varint.ts';
import { BLOCK, blocksOf, FRAMES_AT_ONCE, framesOffset, type Head, hold, maxPackedFrame } from './format.ts';

/** Blocks a frame is compressed with, as the receiver has them already (layer §6.1): each list ascending, base before own. */
export interface Dictionary {
  /** Numbers of base blocks. */
  base: Uint32Array;
  /** Numbers of new blocks, all of frames at least nine lower. */
  own: Uint32Array;
}

export interface Frame {
  /** Length in the blob. */
  packedBytes: number;
  dictionary: Dictionary;
}

export const NO_DICTIONARY: Dictionary = { base: new Uint32Array(0), own: new Uint32Array(0) };

/** New blocks in frame `number`; all frames but the last are full. */
export function blocksInFrame(head: Pick<Head, 'frameBytes' | 'newBlocks'>, number: number): number {
  const perFrame = head.frameBytes / BLOCK;
  return Math.min(perFrame, head.newBlocks - number * perFrame);
}

function frameCount(head: Pick<Head, 'frameBytes' | 'newBlocks'>): number {
  return Math.ceil(head.newBlocks / (head.frameBytes / BLOCK));
}

/** New blocks that the dictionary of frame `number` may use: those of frames that were finished before it began. */
export function ownBlocksBefore(frameBytes: number, number: number): number {
  return Math.max(0, number - FRAMES_AT_ONCE) * (frameBytes / BLOCK);
}

/** Writes a frame table (layer §8.4), frame by frame. */
export class FrameTableWriter {
  readonly #out = new VarintWriter();
  #sum = 0;
  count = 0;

  add(frame: Frame): void {
    this.#out.write(frame.packedBytes);
    writeRuns(this.#out, frame.dictionary.base);
    writeRuns(this.#out, frame.dictionary.own);
    this.#sum = sumOf(frame, this.#sum);
    this.count += 1;
  }

  get bytes(): Uint8Array {
    return this.#out.bytes;
  }

  /** Whether frames that were read from a table are just those that were added. */
  wrote(frames: Iterable<Frame>): boolean {
    let sum = 0;
    let count = 0;
    for (const frame of frames) {
      sum = sumOf(frame, sum);
      count += 1;
    }
    return sum === this.#sum && count === this.count;
  }
}

/** A sum over frames, so that they need not be kept to be compared. */
function sumOf({ packedBytes, dictionary: { base, own } }: Frame, before: number): number {
  const words = Uint32Array.from([packedBytes, base.length, ...base, own.length, ...own]);
  return crc32(new Uint8Array(words.buffer), before);
}

/**
 * Gives the frames of a blob one after the other, each held to layer §12; the table is sound once all were given.
 * @throws LAYER_INVALID
 */
export function* decodeFrameTable(bytes: Uint8Array, head: Head, blobBytes: number): Generator<Frame> {
  const reader = new VarintReader(bytes);
  let left = blobBytes - framesOffset(head);
  for (let number = 0; number < frameCount(head); number += 1) {
    const packedBytes = reader.read();
    hold(packedBytes >= 1 && packedBytes <= maxPackedFrame(head.frameBytes), 'a frame has no proper length');
    hold(packedBytes <= left, 'a frame lies beyond the end of the blob');
    left -= packedBytes;
    const base = readRuns(reader, head.dictionaryBlocks, blocksOf(head.baseBytes));
    const own = readRuns(reader, head.dictionaryBlocks - base.length, ownBlocksBefore(head.frameBytes, number));
    yield { packedBytes, dictionary: { base, own } };
  }
  hold(reader.atEnd, 'the frame table is longer than its frames');
  hold(left === 0, 'there are bytes after the last frame');
}

function writeRuns(out: VarintWriter, blocks: Uint32Array): void {
  const runs: { skip: number; n: number }[] = [];
  let end = 0;
  for (const block of blocks) {
    const last = runs.at(-1);
    if (last && block === end) last.n += 1;
    else runs.push({ skip: block - end, n: 1 });
    end = block + 1;
  }
  out.write(runs.length);
  for (const { skip, n } of runs) {
    out.write(skip);
    out.write(n);
  }
}

function readRuns(reader: VarintReader, maxBlocks: number, limit: number): Uint32Array {
  const count = reader.read();
  hold(count <= maxBlocks, 'a dictionary has too many blocks');
  const blocks = new Uint32Array(Math.min(maxBlocks, limit));
  let length = 0;
  let end = 0;
  for (let run = 0; run < count; run += 1) {
    const skip = reader.read();
    hold(run === 0 || skip > 0, 'a dictionary names two runs that are one');
    hold(skip <= limit - end, 'a dictionary names blocks the receiver does not have');
    const n = reader.read();
    hold(n >= 1 && n <= maxBlocks - length, 'a dictionary has too many blocks');
    hold(n <= limit - end - skip, 'a dictionary names blocks the receiver does not have');
    for (let block = end + skip; block < end + skip + n; block += 1) blocks[length++] = block;
    end += skip + n;
  }
  return blocks.slice(0, length);
}
