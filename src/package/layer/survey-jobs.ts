import type { Opened } from '../../sys/threads.ts';
import { findAnchors, MAX_ANCHORS } from './anchors.ts';
import { type Chain, ChainReader } from './chain.ts';
import { STRETCH, type Stretch } from './describe-jobs.ts';
import { BLOCK } from './format.ts';
import { writeKey } from './keys.ts';

export interface SurveySetup {
  base: Chain;
  anchorBits: number;
}

/** What an index says of some blocks of a base, in their order. Blocks that are all zero are left out. */
export interface Surveyed {
  blocks: Uint32Array;
  /** Two words for each of `blocks`. */
  keys: Uint32Array;
  anchorHashes: Uint32Array;
  /** The block each anchor is in. */
  anchorBlocks: Uint32Array;
}

export type SurveyJobs = { survey: (stretch: Stretch) => Surveyed };

/** Opens the part of making an index that threads do. */
export function openSurvey({ base, anchorBits }: SurveySetup): Opened<SurveyJobs> {
  const reader = new ChainReader(base);
  const bytes = Buffer.allocUnsafeSlow(STRETCH * BLOCK);
  const zeros = Buffer.alloc(BLOCK);
  const found = new Uint32Array(STRETCH * MAX_ANCHORS);

  return {
    jobs: {
      survey({ first, n }) {
        reader.read(bytes.subarray(0, n * BLOCK), first);
        const blocks = new Uint32Array(n);
        const keys = new Uint32Array(2 * n);
        const anchorBlocks: number[] = [];
        let count = 0;
        let anchors = 0;
        for (let index = 0; index < n; index += 1) {
          const at = index * BLOCK;
          if (zeros.compare(bytes, at, at + BLOCK) === 0) continue;
          blocks[count] = first + index;
          writeKey(bytes.subarray(at, at + BLOCK), keys, 2 * count);
          const before = anchors;
          anchors = findAnchors(bytes, at, anchorBits, found, before);
          for (let number = before; number < anchors; number += 1) anchorBlocks.push(first + index);
          count += 1;
        }
        return {
          blocks: blocks.slice(0, count),
          keys: keys.slice(0, 2 * count),
          anchorHashes: found.slice(0, anchors),
          anchorBlocks: Uint32Array.from(anchorBlocks),
        };
      },
    },
    [Symbol.dispose]() {
      reader[Symbol.dispose]();
    },
  };
}
