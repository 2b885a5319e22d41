import { inOrder } from '../../lib/in-order.ts';
import { moveFile } from '../../sys/files/files.ts';
import { withScratch } from '../../sys/files/new-file.ts';
import { openThreads, usualThreads } from '../../sys/programs/threads.ts';
import type { Chain } from '../chain/chain.ts';
import { openChain } from '../chain/open-chain.ts';
import { STRETCH, type Stretch } from '../describe/describe-jobs.ts';
import { BLOCK, blocksOf } from '../format.ts';
import { anchorBits, isAnchor } from './anchors.ts';
import { filtered, merged } from './entries.ts';
import { EntrySorter } from './entry-sorter.ts';
import { type BaseIndex, openIndex, writeIndex } from './index-file.ts';
import { DamagedIndex } from './key-pages.ts';
import { newestBlocks } from './newest-blocks.ts';
import { openSurvey, type Surveyed } from './survey-jobs.ts';

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
  const { previous, out } = options;
  const before = previous && (await openIndex(previous, await openChain(options.below.slice(0, -1))));
  using known = before || undefined;
  const make = (from: BaseIndex | undefined) =>
    withScratch(out, async (beside) => {
      await indexBase(beside, base, options, from);
      await moveFile(beside, out);
    });
  try {
    await make(known);
  } catch (error) {
    if (!(error instanceof DamagedIndex)) throw error;
    await make(undefined);
  }
}

/**
 * Writes the index of a base to a file that must not exist. From the index of the same base without its newest layer, if it
 * has anchors enough, what that layer has not changed is taken over.
 * @throws LAYER_INVALID, DISK_FULL, INTERRUPTED, DamagedIndex where `before` is
 */
export async function indexBase(
  path: string,
  base: Chain,
  options: SurveyOptions,
  before?: BaseIndex | undefined,
): Promise<void> {
  const bits = anchorBits(dataBytesOf(base));
  const known = before && bits >= before.anchorBits ? before : undefined;
  await withScratch(`${path}.keys`, (keysPath) =>
    withScratch(`${path}.anchors`, async (anchorsPath) => {
      using keys = new EntrySorter(keysPath);
      using anchors = new EntrySorter(anchorsPath);
      const stretches = stretchesOf(base, (depth) => known === undefined || depth === 0);
      for await (const part of survey(base, bits, stretches, options)) {
        keys.add(part.keys);
        anchors.add(part.anchors);
      }
      const isNewest = newestBlocks(base);
      const left = known && {
        keys: filtered(known.keyEntries(), (_, block) => !isNewest(block)),
        anchors: filtered(known.anchorEntries(), (block, hash) => !isNewest(block) && isAnchor(hash, bits)),
      };
      const all = {
        keys: merged([keys.sorted(), ...(left ? [left.keys] : [])]),
        anchors: merged([anchors.sorted(), ...(left ? [left.anchors] : [])]),
      };
      writeIndex(path, { anchorBits: bits, ...all }, base);
    }),
  );
}

async function* survey(
  base: Chain,
  bits: number,
  stretches: Stretch[],
  options: SurveyOptions,
): AsyncGenerator<Surveyed> {
  const small = stretches.length * STRETCH * BLOCK < 32 << 20;
  const count = options.workers ?? (small ? 0 : usualThreads());
  await using threads = openThreads(WORKER, openSurvey, { base, anchorBits: bits }, { count, signal: options.signal });
  yield* inOrder(stretches, threads.ahead, (stretch) => threads.run('survey', stretch));
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
