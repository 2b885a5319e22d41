import { AppError } from '../../lib/errors.ts';
import type { BlockFile } from '../../sys/files/bulk/blocks.ts';
import { type Expected, readBlob, repeatsInFile } from '../blob.ts';
import type { BlockRuns } from '../chain/block-runs.ts';
import type { ChainReader } from '../chain/chain.ts';
import { BLOCK, PIECE } from '../format.ts';
import type { FrameTableWriter } from '../frames.ts';
import { moveRuns } from '../rebuild/target.ts';

/** What a blob was made of. */
export interface Made {
  layer: BlockFile;
  base: ChainReader;
  newBlocks: BlockRuns;
  frames: FrameTableWriter;
}

/**
 * Proves that a blob gives its layer back, block for block, by what is read from the blob itself (layer §11.5). Its frames
 * were unpacked and compared as they were packed: of these it is proven here that the blob says what they were packed with.
 * @throws LAYER_HASH when it does not, LAYER_INVALID when it is no blob
 */
export function prove(blob: string, expected: Expected, { layer, base, newBlocks, frames }: Made): void {
  const plan = readBlob(blob, expected, base.virtualBytes);
  if (!plan.newBlocks.equals(newBlocks) || !frames.wrote(plan.frames())) throw differs();

  const there = Buffer.allocUnsafeSlow(PIECE);
  const bytes = Buffer.alloc(PIECE);
  const check = {
    write(from: Uint8Array, block: number) {
      const found = there.subarray(0, from.length);
      layer.read(found, block * BLOCK);
      if (found.compare(from) !== 0) throw differs();
    },
  };
  moveRuns(withSources(plan.zeros), bytes, check, () => undefined);
  moveRuns(plan.copies, bytes, check, (into, block) => base.read(into, block));
  moveRuns(repeatsInFile(plan), bytes, check, (into, block) => layer.read(into, block * BLOCK));
}

/** Pairs of block and count as threes; the buffer that they are compared with is zero until something is read into it. */
function withSources(pairs: Uint32Array): Uint32Array {
  const threes = new Uint32Array((pairs.length / 2) * 3);
  for (let at = 0; at < pairs.length / 2; at += 1) threes.set([pairs[2 * at] ?? 0, 0, pairs[2 * at + 1] ?? 0], 3 * at);
  return threes;
}

function differs(): AppError {
  return new AppError('LAYER_HASH', 'the blob does not give the layer back');
}
