import type { Opened } from '../../sys/programs/threads.ts';
import { openBlocks } from '../../sys/secrets/locked-blocks.ts';
import { PIECE } from '../format.ts';

export interface CopySetup {
  from: string;
  to: string;
  /** What opens the one, and is to open the other; without it the file lies in clear. */
  fromKey?: string | undefined;
  toKey?: string | undefined;
}

export type CopyJobs = {
  /** Copies so many bytes from this place on, whole sectors. */
  copy: (part: { at: number; bytes: number }) => void;
};

const EMPTY = Buffer.alloc(PIECE);

/** Opens the part of a copy that threads do; all write different parts of a file that has its length already. */
export function openCopy({ from, to, fromKey, toKey }: CopySetup): Opened<CopyJobs> {
  const source = openBlocks(from, 'read', fromKey);
  const target = openBlocks(to, 'change', toKey);
  const buffer = Buffer.allocUnsafeSlow(PIECE);
  return {
    jobs: {
      copy({ at, bytes }) {
        for (let done = 0; done < bytes; done += PIECE) {
          const part = buffer.subarray(0, Math.min(PIECE, bytes - done));
          const there = part.subarray(0, Math.max(0, source.size - at - done));
          source.read(there, at + done);
          part.fill(0, there.length);
          // Of a file in clear a hole reads as zeros, whoever reads it; one that is encrypted has none.
          if (toKey === undefined && part.equals(EMPTY.subarray(0, part.length))) continue;
          target.write(part, at + done);
        }
      },
    },
    [Symbol.dispose]() {
      source[Symbol.dispose]();
      target[Symbol.dispose]();
    },
  };
}
