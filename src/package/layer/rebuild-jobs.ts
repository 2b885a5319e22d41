import { BlockFile } from '../../sys/blocks.ts';
import type { Opened } from '../../sys/threads.ts';
import { type Chain, ChainReader, forRuns } from './chain.ts';
import { digestBlocks } from './digest.ts';
import { BLOCK, PIECE } from './format.ts';
import { decompress } from './zstd.ts';

export interface RebuildSetup {
  blob: string;
  /** The file being written; it has its length already. */
  layer: string;
  base: Chain;
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
  /** Threes of file block, file block it repeats, count. */
  repeat: (runs: Uint32Array) => void;
  unpack: (task: UnpackTask) => void;
  digest: (path: string) => string;
};

/** Opens the parts of rebuilding that threads do. All write different blocks of the same file. */
export function openRebuild({ blob, layer, base, frameBytes, dictionaryBlocks }: RebuildSetup): Opened<RebuildJobs> {
  const packed = new BlockFile(blob, 'read');
  const file = new BlockFile(layer, 'change');
  const below = new ChainReader(base);
  const bytes = Buffer.allocUnsafeSlow(PIECE);
  const known = Buffer.allocUnsafeSlow(dictionaryBlocks * BLOCK);
  const input = Buffer.allocUnsafeSlow(2 * frameBytes);

  /** Copies runs, up to 1 MiB a write (layer §11.1). */
  const move = (runs: Uint32Array, read: (into: Uint8Array, block: number) => void) => {
    for (let at = 0; at < runs.length; at += 3) {
      const [to = 0, from = 0, n = 0] = runs.subarray(at, at + 3);
      for (let done = 0; done < n; done += PIECE / BLOCK) {
        const part = bytes.subarray(0, Math.min(n - done, PIECE / BLOCK) * BLOCK);
        read(part, from + done);
        file.write(part, (to + done) * BLOCK);
      }
    }
  };

  return {
    jobs: {
      copy: (runs) => move(runs, (into, block) => below.read(into, block)),
      repeat: (runs) => move(runs, (into, block) => file.read(into, block * BLOCK)),
      unpack({ offset, packedBytes, blocks, base: baseBlocks, own }) {
        const frame = input.subarray(0, packedBytes);
        packed.read(frame, offset);
        const dictionary = known.subarray(0, (baseBlocks.length + own.length) * BLOCK);
        below.readEach(dictionary.subarray(0, baseBlocks.length * BLOCK), baseBlocks);
        const ownPart = dictionary.subarray(baseBlocks.length * BLOCK);
        forRuns(own, (block, n, at) => file.read(ownPart.subarray(at * BLOCK, (at + n) * BLOCK), block * BLOCK));
        const unpacked = decompress(frame, blocks.length * BLOCK, dictionary);
        forRuns(blocks, (block, n, at) => file.write(unpacked.subarray(at * BLOCK, (at + n) * BLOCK), block * BLOCK));
      },
      digest: digestBlocks,
    },
    [Symbol.dispose]() {
      packed[Symbol.dispose]();
      file[Symbol.dispose]();
      below[Symbol.dispose]();
    },
  };
}
