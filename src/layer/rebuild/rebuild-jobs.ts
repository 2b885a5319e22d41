import { BlockFile } from '../../sys/files/bulk/blocks.ts';
import type { Opened } from '../../sys/programs/threads.ts';
import { type Chain, ChainReader, forRuns } from '../chain/chain.ts';
import { BLOCK, maxPackedFrame, PIECE } from '../format.ts';
import { decompress, release } from '../zstd.ts';
import { moveRuns, openTarget } from './target.ts';

export interface RebuildSetup {
  blob: string;
  out: string;
  /** Its files and `out` are encrypted alike. */
  base: Chain;
  diskKey?: string | undefined;
  frameBytes: number;
  dictionaryBlocks: number;
}

/** Where one frame lies in the blob, the file blocks it gives, and its dictionary as base blocks and file blocks. */
export interface UnpackTask {
  offset: number;
  packedBytes: number;
  blocks: Uint32Array;
  base: Uint32Array;
  own: Uint32Array;
}

export type RebuildJobs = {
  /** Threes of file block, base block, count. */
  copy: (runs: Uint32Array) => void;
  unpack: (task: UnpackTask) => void;
};

/** Opens the parts of rebuilding that threads do. All write different blocks of the same file. */
export function openRebuild({
  blob,
  out,
  base,
  frameBytes,
  dictionaryBlocks,
  diskKey,
}: RebuildSetup): Opened<RebuildJobs> {
  const packed = new BlockFile(blob, 'read');
  const layer = openTarget(out, diskKey);
  const below = new ChainReader(base);
  const bytes = Buffer.allocUnsafeSlow(PIECE);
  const known = Buffer.allocUnsafeSlow(dictionaryBlocks * BLOCK);
  const input = Buffer.allocUnsafeSlow(maxPackedFrame(frameBytes));

  return {
    jobs: {
      copy: (runs) => moveRuns(runs, bytes, layer, (into, block) => below.read(into, block)),
      unpack({ offset, packedBytes, blocks, base: baseBlocks, own }) {
        const frame = input.subarray(0, packedBytes);
        packed.read(frame, offset);
        const dictionary = known.subarray(0, (baseBlocks.length + own.length) * BLOCK);
        below.readEach(dictionary.subarray(0, baseBlocks.length * BLOCK), baseBlocks);
        const ownPart = dictionary.subarray(baseBlocks.length * BLOCK);
        forRuns(own, (block, n, at) => layer.read(ownPart.subarray(at * BLOCK, (at + n) * BLOCK), block));
        const unpacked = decompress(frame, blocks.length * BLOCK, dictionary);
        forRuns(blocks, (block, n, at) => layer.write(unpacked.subarray(at * BLOCK, (at + n) * BLOCK), block));
        release(unpacked);
      },
    },
    [Symbol.dispose]() {
      packed[Symbol.dispose]();
      layer[Symbol.dispose]();
      below[Symbol.dispose]();
    },
  };
}
