import type { Opened } from '../../sys/programs/threads.ts';
import { type Chain, ChainReader } from '../chain/chain.ts';
import { STRETCH, type Stretch } from '../describe/describe-jobs.ts';
import { BLOCK } from '../format.ts';
import { findAnchors, MAX_ANCHORS } from './anchors.ts';
import { keyOf } from './keys.ts';

export interface SurveySetup {
  base: Chain;
  anchorBits: number;
}

/** What an index says of some blocks of a base, as entries. Blocks that are all zero are left out. */
export interface Surveyed {
  /** Key and block. */
  keys: BigUint64Array;
  /** Block and anchor, in ascending order, each once. */
  anchors: BigUint64Array;
}

export type SurveyJobs = { survey: (stretch: Stretch) => Surveyed };

/** Opens the part of making an index that threads do. */
export function openSurvey({ base, anchorBits }: SurveySetup): Opened<SurveyJobs> {
  const reader = new ChainReader(base);
  const bytes = Buffer.allocUnsafeSlow(STRETCH * BLOCK);
  const zeros = Buffer.alloc(BLOCK);
  const found = new Uint32Array(MAX_ANCHORS);
  const keys = entryList(STRETCH);
  const anchors = entryList(STRETCH);

  return {
    jobs: {
      survey({ first, n }) {
        reader.read(bytes.subarray(0, n * BLOCK), first);
        keys.clear();
        anchors.clear();
        for (let index = 0; index < n; index += 1) {
          const at = index * BLOCK;
          if (zeros.compare(bytes, at, at + BLOCK) === 0) continue;
          keys.add(keyOf(bytes.subarray(at, at + BLOCK)), first + index);
          const own = found.subarray(0, findAnchors(bytes, at, anchorBits, found, 0)).sort();
          own.forEach((hash, place) => {
            if (place === 0 || hash !== own[place - 1]) anchors.add(first + index, hash);
          });
        }
        return { keys: keys.all(), anchors: anchors.all() };
      },
    },
    [Symbol.dispose]() {
      reader[Symbol.dispose]();
    },
  };
}

/** Entries of two words, in memory that grows. */
function entryList(capacity: number) {
  let words = new Uint32Array(2 * capacity);
  let held = 0;
  return {
    clear() {
      held = 0;
    },
    add(high: number, low: number) {
      if (held === words.length) {
        const more = new Uint32Array(2 * words.length);
        more.set(words);
        words = more;
      }
      words[held] = low;
      words[held + 1] = high;
      held += 2;
    },
    all: () => new BigUint64Array(words.slice(0, held).buffer),
  };
}
