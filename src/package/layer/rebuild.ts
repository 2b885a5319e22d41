import { dirname } from 'node:path';
import { AppError } from '../../lib/errors.ts';
import { inOrder } from '../../lib/in-order.ts';
import { BlockFile } from '../../sys/blocks.ts';
import { digestFile, freeBytes } from '../../sys/files.ts';
import { createFile } from '../../sys/new-file.ts';
import { openThreads, type Threads, usualThreads } from '../../sys/threads.ts';
import { dataBytes, type Expected, type Plan, readBlob } from './blob.ts';
import type { Chain } from './chain.ts';
import { BLOCK, FRAMES_AT_ONCE } from './format.ts';
import { blocksInFrame } from './frames.ts';
import { openChain } from './open-chain.ts';
import { checkLayerFacts, checkLayerHeader } from './qcow2.ts';
import { openRebuild, type RebuildJobs, type UnpackTask } from './rebuild-jobs.ts';

export interface Work {
  /** Threads to use; 0 for none. Any number gives the same result. */
  workers?: number | undefined;
  signal?: AbortSignal | undefined;
  /** Told now and then how much of the whole is done, from 0 to 1. */
  onProgress?: ((done: number) => void) | undefined;
}

export interface RebuildOptions extends Work {
  blob: string;
  /** The installed layers it goes on, bottom first. */
  below: readonly string[];
  expected: Expected;
  /** Must not exist. Afterwards it is complete, synced and read-only, or not there. */
  out: string;
}

/** Layers smaller than this are rebuilt without threads: starting them would take longer. */
const SMALL_LAYER = 16 << 20;
/** Blocks of one copying job, about. */
const COPY_BLOCKS = 2048;
const WORKER = new URL('./rebuild-worker.ts', import.meta.url);

/**
 * Rebuilds a layer file from its blob and the layers below, byte for byte (layer §11.1 steps 4 to 12).
 * @throws LAYER_TRUNCATED, LAYER_INVALID, LAYER_TOO_LARGE (the blob breaks a rule), LAYER_HASH (blob or result are not the
 * signed ones), LAYER_BASE_MISSING, DISK_FULL, FILE_MISSING, FILE_EXISTS, INTERRUPTED; nothing is left then
 */
export async function rebuildLayer(options: RebuildOptions): Promise<{ pieces: Buffer }> {
  const { blob, below, expected, out, signal } = options;
  const base = await openChain(below, signal);
  const plan = readBlob(blob, expected, base.virtualBytes);
  const found = await digestFile(blob, signal);
  if (found.sha256 !== expected.blob.sha256) throw new AppError('LAYER_HASH', 'the blob is not the signed one');
  await reserve(out, plan);
  await createFile(out, 0o444, async (beside) => {
    const sha256 = await writeLayer({ ...options, base, plan, out: beside });
    if (sha256 !== expected.sha256) throw new AppError('LAYER_HASH', 'the rebuilt layer is not the signed one');
    checkLayerHeader(beside, expected.virtualBytes);
    await checkLayerFacts(beside, expected.virtualBytes, signal);
  });
  return { pieces: plan.pieces };
}

async function reserve(out: string, plan: Plan): Promise<void> {
  const needed = dataBytes(plan);
  const free = await freeBytes(dirname(out));
  if (free < needed)
    throw new AppError('DISK_FULL', 'the layer does not fit on this disk', { details: { needed, free } });
}

export interface WriteOptions extends Work {
  blob: string;
  base: Chain;
  plan: Plan;
  /** Must not exist. */
  out: string;
}

/** Writes the layer a plan describes and gives the SHA-256 of what was written; neither synced nor compared with anything. */
export async function writeLayer({
  blob,
  base,
  plan,
  out,
  workers,
  signal,
  onProgress,
}: WriteOptions): Promise<string> {
  const { layerBytes, frameBytes, dictionaryBlocks } = plan.head;
  {
    using file = new BlockFile(out, 'create');
    file.resize(layerBytes);
  }
  const count = workers ?? (layerBytes < SMALL_LAYER ? 0 : usualThreads());
  const setup = { blob, layer: out, base, frameBytes, dictionaryBlocks };
  await using threads = openThreads(WORKER, openRebuild, setup, { count, signal });
  const total = Math.max(1, plan.dataBlocks);
  let done = 0;
  const report = (blocks: number) => {
    done += blocks;
    onProgress?.(done / total);
  };
  await Promise.all([copyBase(threads, plan, report), unpackFrames(threads, plan, report)]);
  for (const runs of batches(repeatsInFile(plan))) report(await moved(threads.run('repeat', runs), runs));
  return await threads.run('digest', out);
}

type Report = (blocks: number) => void;

async function copyBase(threads: Threads<RebuildJobs>, { copies }: Plan, report: Report): Promise<void> {
  await Promise.all(batches(copies).map(async (runs) => report(await moved(threads.run('copy', runs), runs))));
}

async function moved(job: Promise<void>, runs: Uint32Array): Promise<number> {
  await job;
  return runs.reduce((sum, word, at) => (at % 3 === 2 ? sum + word : sum), 0);
}

/** Decodes frames in order, at most eight ahead of the oldest unfinished one, whose blocks they may need (layer §11.1). */
async function unpackFrames(threads: Threads<RebuildJobs>, plan: Plan, report: Report): Promise<void> {
  const unpacked = inOrder(unpackTasks(plan), FRAMES_AT_ONCE + 1, async (task) => {
    await threads.run('unpack', task);
    return task.blocks.length;
  });
  for await (const blocks of unpacked) report(blocks);
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
