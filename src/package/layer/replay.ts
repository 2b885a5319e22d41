import { inOrder } from '../../lib/in-order.ts';
import { openThreads, type Threads, usualThreads } from '../../sys/threads.ts';
import type { Plan } from './blob.ts';
import type { Chain } from './chain.ts';
import { BLOCK, blocksOf, FRAMES_AT_ONCE, PIECE } from './format.ts';
import { blocksInFrame } from './frames.ts';
import { openRebuild, type RebuildJobs, type UnpackTask } from './rebuild-jobs.ts';
import { moveRuns, openTarget, type Target, type TargetName } from './target.ts';

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
  target: TargetName;
  /** Told that all blocks of the layer before this one are in their place. */
  onPrefix?: (block: number) => void;
}

/** Layers smaller than this are replayed without threads: starting them would take longer. */
const SMALL_LAYER = 16 << 20;
/** Blocks of one copying job, about. */
const COPY_BLOCKS = 2048;
const WORKER = new URL('./rebuild-worker.ts', import.meta.url);

/**
 * Puts every block of a layer in its place, as a plan says (layer §11.1 steps 7 to 9). A file that is written must have its
 * length already: zeros are its holes.
 * @throws LAYER_INVALID, DISK_FULL, INTERRUPTED; LAYER_HASH when what is checked differs
 */
export async function replay({
  blob,
  base,
  plan,
  target,
  onPrefix,
  onProgress,
  ...work
}: ReplayOptions): Promise<void> {
  const { layerBytes, frameBytes, dictionaryBlocks } = plan.head;
  const count = work.workers ?? (layerBytes < SMALL_LAYER ? 0 : usualThreads());
  const setup = { blob, target, base, frameBytes, dictionaryBlocks };
  await using threads = openThreads(WORKER, openRebuild, setup, { count, signal: work.signal });
  using layer = openTarget(target);
  const repeat = repeater(plan, layer);
  const total = Math.max(1, plan.head.newBlocks);
  let unpacked = 0;

  if (target.how === 'check') checkZeros(plan, layer);
  await Promise.all(batches(plan.copies).map((runs) => threads.run('copy', runs)));
  for await (const blocks of unpackFrames(threads, plan)) {
    unpacked += blocks;
    const prefix = plan.newBlocks[unpacked] ?? blocksOf(layerBytes);
    repeat(prefix);
    onPrefix?.(prefix);
    onProgress?.(unpacked / total);
  }
  repeat(blocksOf(layerBytes));
  onPrefix?.(blocksOf(layerBytes));
}

function checkZeros({ zeros }: Plan, layer: Target): void {
  const bytes = Buffer.alloc(PIECE);
  for (let at = 0; at < zeros.length; at += 2) {
    const [to = 0, n = 0] = zeros.subarray(at, at + 2);
    for (let done = 0; done < n; done += PIECE / BLOCK) {
      layer.write(bytes.subarray(0, Math.min(n - done, PIECE / BLOCK) * BLOCK), to + done);
    }
  }
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
  for (const [number, { packedBytes, dictionary }] of frames.entries()) {
    const first = number * perFrame;
    yield {
      offset,
      packedBytes,
      blocks: newBlocks.slice(first, first + blocksInFrame(head, number)),
      base: dictionary.base,
      own: dictionary.own.map((block) => newBlocks[block] ?? 0),
    };
    offset += packedBytes;
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

/** Threes of file block, file block it repeats, count. */
function repeatsInFile({ repeats, newBlocks }: Plan): Uint32Array {
  const runs: number[] = [];
  for (let at = 0; at < repeats.length; at += 3) {
    const [to = 0, from = 0, n = 0] = repeats.subarray(at, at + 3);
    // New blocks in a row need not lie in a row in the file.
    for (let index = 0; index < n; index += 1) {
      const source = newBlocks[from + index] ?? 0;
      const last = runs.length - 3;
      const goesOn = index > 0 && source === (runs[last + 1] ?? 0) + (runs[last + 2] ?? 0);
      if (goesOn) runs[last + 2] = (runs[last + 2] ?? 0) + 1;
      else runs.push(to + index, source, 1);
    }
  }
  return Uint32Array.from(runs);
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
