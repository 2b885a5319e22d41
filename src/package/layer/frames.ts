import { VarintReader, VarintWriter } from '../../lib/varint.ts';
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

/** The frame table (layer §8.4). */
export function encodeFrameTable(frames: Iterable<Frame>): Uint8Array {
  const out = new VarintWriter();
  for (const { packedBytes, dictionary } of frames) {
    out.write(packedBytes);
    writeRuns(out, dictionary.base);
    writeRuns(out, dictionary.own);
  }
  return out.bytes;
}

/**
 * The frames of a blob, each held to layer §12.
 * @throws LAYER_INVALID
 */
export function decodeFrameTable(bytes: Uint8Array, head: Head, blobBytes: number): Frame[] {
  const reader = new VarintReader(bytes);
  const frames: Frame[] = [];
  let left = blobBytes - framesOffset(head);
  for (let number = 0; number < frameCount(head); number += 1) {
    const packedBytes = reader.read();
    hold(packedBytes >= 1 && packedBytes <= maxPackedFrame(head.frameBytes), 'a frame has no proper length');
    hold(packedBytes <= left, 'a frame lies beyond the end of the blob');
    left -= packedBytes;
    const base = readRuns(reader, head.dictionaryBlocks, blocksOf(head.baseBytes));
    const own = readRuns(reader, head.dictionaryBlocks - base.length, ownBlocksBefore(head.frameBytes, number));
    frames.push({ packedBytes, dictionary: { base, own } });
  }
  hold(reader.atEnd, 'the frame table is longer than its frames');
  hold(left === 0, 'there are bytes after the last frame');
  return frames;
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
