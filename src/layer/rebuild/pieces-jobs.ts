import { hash } from 'node:crypto';
import { BlockFile } from '../../sys/files/bulk/blocks.ts';
import type { Opened } from '../../sys/programs/threads.ts';
import { HASH_BYTES, PIECE } from '../format.ts';

export interface PiecesSetup {
  path: string;
}

export type PiecesJobs = {
  /** The SHA-256 of each of these pieces. */
  hash: (pieces: Uint32Array) => Uint8Array;
};

/** Opens the part of checking pieces that threads do. */
export function openPieces({ path }: PiecesSetup): Opened<PiecesJobs> {
  const file = new BlockFile(path, 'read');
  const { size } = file;
  const bytes = Buffer.allocUnsafeSlow(PIECE);
  return {
    jobs: {
      hash(pieces) {
        const hashes = new Uint8Array(HASH_BYTES * pieces.length);
        pieces.forEach((piece, at) => {
          const part = bytes.subarray(0, Math.min(PIECE, size - piece * PIECE));
          file.read(part, piece * PIECE);
          hashes.set(hash('sha256', part, 'buffer'), HASH_BYTES * at);
        });
        return hashes;
      },
    },
    [Symbol.dispose]: () => file[Symbol.dispose](),
  };
}
