import type { BlockFile } from '../../sys/files/bulk/blocks.ts';
import { BlockRuns } from '../chain/block-runs.ts';
import type { ChainReader } from '../chain/chain.ts';
import { BLOCK } from '../format.ts';
import type { BaseKeys } from '../index/key-pages.ts';
import { keyTable } from '../index/keys.ts';
import { type RecordWriter, recordWriter } from '../map.ts';
import { type Classified, SAME, STRETCH, ZERO } from './describe-jobs.ts';

/** Blocks read ahead when the base is found to go on in the same order. */
const AHEAD = 32;
/** Of more new blocks than these, 16 GiB, it is not noticed that they come again. */
const MOST_MET = 2 ** 22;

/** Decides what becomes of each block of a layer file, in the file’s order (layer §4). */
export interface Resolver {
  take(classified: Classified): void;
  /** File blocks of the new blocks met so far, by their numbers. */
  readonly newBlocks: BlockRuns;
  readonly records: RecordWriter;
  readonly counts: Record<'zero' | 'same' | 'moved' | 'again' | 'new', number>;
}

export interface ResolveSetup {
  layer: BlockFile;
  /** Told of the layer’s bytes, in order. */
  read: (bytes: Buffer) => void;
  layerBlocks: number;
  guest: BlockRuns;
  base: ChainReader;
  keys: BaseKeys;
}

export function resolver({ layer, read, layerBlocks, guest, base, keys }: ResolveSetup): Resolver {
  const records = recordWriter();
  const counts = { zero: 0, same: 0, moved: 0, again: 0, new: 0 };
  const newBlocks = new BlockRuns();
  const met = keyTable(Math.min(layerBlocks, MOST_MET));
  const here = Buffer.allocUnsafeSlow(STRETCH * BLOCK);
  const earlier = Buffer.allocUnsafeSlow(BLOCK);
  const baseBlock = windowOn(base);

  const add = (kind: 'same' | 'moved' | 'again' | 'new', from: number) => {
    counts[kind] += 1;
    records.add({ kind, n: 1, from });
  };
  const equals = (block: Buffer, at: number) => block.compare(here, at, at + BLOCK) === 0;

  return {
    records,
    counts,
    newBlocks,
    take({ first, n, kinds, keys: found }) {
      const bytes = here.subarray(0, n * BLOCK);
      layer.read(bytes, first * BLOCK);
      read(bytes);
      for (let index = 0; index < n; index += 1) {
        const kind = kinds[index];
        if (kind === ZERO) {
          counts.zero += 1;
          records.add({ kind: 'zero', n: 1 });
          continue;
        }
        if (kind === SAME) {
          add('same', guest.at(first + index));
          continue;
        }
        const key = found[index] ?? 0;
        const moved = keys.find(key);
        // A key only proposes: bytes decide (layer §5.2).
        if (moved >= 0 && moved < base.blocks && equals(baseBlock(moved), index * BLOCK)) {
          add('moved', moved);
          continue;
        }
        const again = met.find(key);
        if (again >= 0) {
          layer.read(earlier, newBlocks.at(again) * BLOCK);
          if (equals(earlier, index * BLOCK)) {
            add('again', again);
            continue;
          }
        }
        met.add(key);
        newBlocks.add(counts.new, first + index);
        add('new', counts.new);
      }
    },
  };
}

/** Gives single blocks of the base; once two in a row were asked for it reads some ahead. */
function windowOn(base: ChainReader): (block: number) => Buffer {
  const bytes = Buffer.allocUnsafeSlow(AHEAD * BLOCK);
  let first = -1;
  let held = 0;
  let last = -2;
  return (block) => {
    if (block < first || block >= first + held) {
      first = block;
      held = block === last + 1 ? Math.min(AHEAD, base.blocks - block) : 1;
      base.read(bytes.subarray(0, held * BLOCK), block);
    }
    last = block;
    const at = (block - first) * BLOCK;
    return bytes.subarray(at, at + BLOCK);
  };
}
