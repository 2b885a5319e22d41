import { inOrder } from '../../lib/in-order.ts';
import { openThreads, type Threads, usualThreads } from '../../sys/programs/threads.ts';
import { type Plan, repeatsInFile } from '../blob.ts';
import type { Chain } from '../chain/chain.ts';
import { BLOCK, blocksOf, FRAMES_AT_ONCE, PIECE } from '../format.ts';
import { blocksInFrame } from '../frames.ts';
import { openRebuild, type RebuildJobs, type UnpackTask } from './rebuild-jobs.ts';
import { moveRuns, openTarget, type Target } from './target.ts';

export interface Work {
  /** Threads to use; 0 for none. Any number gives the same result. */
  workers?: number | undefined;
  signal?: AbortSignal | undefined;
  /** Told now and then how much of the whole is done, from 0 to 1. */
  onProgress?: ((done: number) => void) | undefined;
}

export interface ReplayOptions extends Work {
  blob: string;
  base: Chain;
  plan: Plan;
  /** The file to write. */
  out: string;
  /** What opens it and the files of its base, where they are encrypted. */
  diskKey?: string | undefined;
  /** Told that all blocks of the layer before this one are in their place. */
  onPrefix?: (block: number) => void;
}

/** Layers smaller than this are replayed without threads: starting them would take longer. */
const SMALL_LAYER = 16 << 20;
/** Blocks of one copying job, about. */
const COPY_BLOCKS = 2048;
const WORKER = new URL('./rebuild-worker.ts', import.meta.url);

/**
 * Puts every block of a layer in its place, as a plan says (layer §11.1 steps 7 to 9). The file must have its length
 * already: zeros are its holes.
 * @throws LAYER_INVALID, DISK_FULL, INTERRUPTED
 */
export async function replay({
  blob,
  base,
  plan,
  out,
  diskKey,
  onPrefix,
  onProgress,
  ...work
}: ReplayOptions): Promise<void> {
  const { layerBytes, frameBytes, dictionaryBlocks } = plan.head;
  const count = work.workers ?? (layerBytes < SMALL_LAYER ? 0 : usualThreads());
  const setup = { blob, out, base, frameBytes, dictionaryBlocks, diskKey };
  await using threads = openThreads(WORKER, openRebuild, setup, { count, signal: work.signal });
  using layer = openTarget(out, diskKey);
  const repeat = repeater(plan, layer);
  const total = Math.max(1, plan.head.newBlocks);
  let unpacked = 0;

  await Promise.all(batches(plan.copies).map((runs) => threads.run('copy', runs)));
  for await (const blocks of unpackFrames(threads, plan)) {
    unpacked += blocks;
    const prefix = unpacked < plan.head.newBlocks ? plan.newBlocks.at(unpacked) : blocksOf(layerBytes);
    repeat(prefix);
    onPrefix?.(prefix);
    onProgress?.(unpacked / total);
  }
  repeat(blocksOf(layerBytes));
  onPrefix?.(blocksOf(layerBytes));
}

/** Gives the blocks of frames as they are in their place, in order; at most eight frames ahead of the oldest unfinished one. */
function unpackFrames(threads: Threads<RebuildJobs>, plan: Plan): AsyncGenerator<number> {
  return inOrder(unpackTasks(plan), FRAMES_AT_ONCE + 1, async (task) => {
    await threads.run('unpack', task);
    return task.blocks.length;
  });
}

function* unpackTasks({ head, frames, framesOffset, newBlocks }: Plan): Generator<UnpackTask> {
  const perFrame = head.frameBytes / BLOCK;
  let offset = framesOffset;
  let number = 0;
  for (const { packedBytes, dictionary } of frames()) {
    const first = number * perFrame;
    yield {
      offset,
      packedBytes,
      blocks: newBlocks.slice(first, blocksInFrame(head, number)),
      base: dictionary.base,
      own: dictionary.own.map((block) => newBlocks.at(block)),
    };
    offset += packedBytes;
    number += 1;
  }
}

/** Writes the blocks that are there once more, each time up to a block before which all new ones are in their place. */
function repeater(plan: Plan, layer: Target): (before: number) => void {
  const bytes = Buffer.allocUnsafeSlow(PIECE);
  const runs = repeatsInFile(plan);
  let next = 0;
  return (before) => {
    const first = next;
    while (next < runs.length && (runs[next] ?? 0) < before) next += 3;
    moveRuns(runs.subarray(first, next), bytes, layer, layer.read);
  };
}

/** Cuts a list of threes into jobs of some MiB each. */
function batches(runs: Uint32Array): Uint32Array[] {
  const jobs: Uint32Array[] = [];
  let begin = 0;
  let blocks = 0;
  for (let at = 0; at < runs.length; at += 3) {
    blocks += runs[at + 2] ?? 0;
    if (blocks < COPY_BLOCKS && at + 3 < runs.length) continue;
    jobs.push(runs.slice(begin, at + 3));
    begin = at + 3;
    blocks = 0;
  }
  return jobs;
}
