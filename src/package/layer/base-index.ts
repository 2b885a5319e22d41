import { inOrder } from '../../lib/in-order.ts';
import { moveFile } from '../../sys/files.ts';
import { withScratch } from '../../sys/new-file.ts';
import { openThreads, usualThreads } from '../../sys/threads.ts';
import { type AnchorTable, anchorBits, anchorTable, isAnchor } from './anchors.ts';
import type { Chain } from './chain.ts';
import { STRETCH, type Stretch } from './describe-jobs.ts';
import { BLOCK, blocksOf } from './format.ts';
import { type BaseIndex, openIndex, writeIndex } from './index-file.ts';
import { type KeyTable, keyTable } from './keys.ts';
import { openChain } from './open-chain.ts';
import { openSurvey, type Surveyed } from './survey-jobs.ts';
import { joined, merged } from './survey-merge.ts';

const WORKER = new URL('./survey-worker.ts', import.meta.url);

interface SurveyOptions {
  workers?: number | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Writes the index of a chain, given bottom first, beside its newest layer. With the index of the chain without that layer
 * (`previous`) only the layer’s own blocks are read; the result is the same, byte for byte.
 * @throws LAYER_BASE_MISSING, LAYER_INVALID, DISK_FULL, INTERRUPTED
 */
export async function makeIndex(
  options: SurveyOptions & { below: readonly string[]; out: string; previous?: string | undefined },
): Promise<void> {
  const base = await openChain(options.below, options.signal);
  const before = options.previous && (await openIndex(options.previous, await openChain(options.below.slice(0, -1))));
  const index = (before && (await deriveIndex(before, base, options))) || (await surveyBase(base, options));
  await withScratch(options.out, async (beside) => {
    writeIndex(beside, index, base);
    await moveFile(beside, options.out);
  });
}

/** Reads all data of a base and gives its index. @throws LAYER_INVALID, INTERRUPTED */
export async function surveyBase(base: Chain, options: SurveyOptions): Promise<BaseIndex> {
  const bits = anchorBits(dataBytesOf(base));
  return {
    anchorBits: bits,
    ...joined(
      await survey(
        base,
        bits,
        stretchesOf(base, () => true),
        options,
      ),
    ),
  };
}

/** Returns undefined when the index before has too few anchors for what is now a smaller disk. */
async function deriveIndex(before: BaseIndex, base: Chain, options: SurveyOptions): Promise<BaseIndex | undefined> {
  const bits = anchorBits(dataBytesOf(base));
  if (bits < before.anchorBits) return undefined;
  const touched = new Uint8Array(blocksOf(base.virtualBytes));
  for (const { start, length, depth } of base.extents) {
    if (depth === 0) touched.fill(1, Math.floor(start / BLOCK), blocksOf(start + length));
  }
  const fresh = joined(
    await survey(
      base,
      bits,
      stretchesOf(base, (depth) => depth === 0),
      options,
    ),
  );
  const kept = (block: number) => touched[block] === 0;
  const dense = (hash: number) => isAnchor(hash, bits);
  return {
    anchorBits: bits,
    ...merged(
      { all: before, block: kept, anchor: dense },
      { all: fresh, block: (block) => !kept(block), anchor: dense },
    ),
  };
}

async function survey(base: Chain, bits: number, stretches: Stretch[], options: SurveyOptions): Promise<Surveyed[]> {
  const small = stretches.length * STRETCH * BLOCK < 32 << 20;
  const count = options.workers ?? (small ? 0 : usualThreads());
  await using threads = openThreads(WORKER, openSurvey, { base, anchorBits: bits }, { count, signal: options.signal });
  const parts: Surveyed[] = [];
  for await (const part of inOrder(stretches, threads.ahead, (stretch) => threads.run('survey', stretch)))
    parts.push(part);
  return parts;
}

function dataBytesOf(base: Chain): number {
  return base.extents.reduce((sum, { length, offset }) => (offset === undefined ? sum : sum + length), 0);
}

/** Stretches that cover all data at the depths wanted, none twice. */
function stretchesOf(base: Chain, wanted: (depth: number) => boolean): Stretch[] {
  const stretches: Stretch[] = [];
  let done = 0;
  for (const { start, length, depth, offset } of base.extents) {
    if (offset === undefined || !wanted(depth)) continue;
    const end = blocksOf(start + length);
    for (let first = Math.max(done, Math.floor(start / BLOCK)); first < end; first += STRETCH) {
      const last = stretches.at(-1);
      const n = Math.min(STRETCH, end - first);
      if (last && last.first + last.n === first && last.n + n <= STRETCH) last.n += n;
      else stretches.push({ first, n });
    }
    done = Math.max(done, end);
  }
  return stretches;
}

/** What describing looks things up in. */
export function lookups(index: BaseIndex): { keys: KeyTable; anchors: AnchorTable } {
  const keys = keyTable(index.blocks.length);
  const anchors = anchorTable(index.anchorHashes.length);
  index.blocks.forEach((block, at) => {
    keys.add(index.keys[2 * at] ?? 0, index.keys[2 * at + 1] ?? 0, block);
  });
  index.anchorHashes.forEach((hash, at) => {
    anchors.add(hash, index.anchorBlocks[at] ?? 0);
  });
  return { keys, anchors };
}
