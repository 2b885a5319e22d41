import { openBlocks } from '../../sys/secrets/locked-blocks.ts';
import { BLOCK } from '../format.ts';

/** Where the blocks of a layer go. */
export interface Target extends Disposable {
  /** Fills `into` from this block of the layer on. */
  read(into: Uint8Array, block: number): void;
  /** Puts whole blocks in their place. @throws DISK_FULL */
  write(from: Uint8Array, block: number): void;
}

/** A file that is there. */
export function openTarget(path: string, diskKey?: string): Target {
  const file = openBlocks(path, 'change', diskKey);
  return {
    read: (into, block) => file.read(into, block * BLOCK),
    write: (from, block) => file.write(from, block * BLOCK),
    [Symbol.dispose]: () => file[Symbol.dispose](),
  };
}

/** Copies threes of block to write, block to read, count; up to 1 MiB at once (layer §11.1). */
export function moveRuns(runs: Uint32Array, bytes: Buffer, target: Pick<Target, 'write'>, read: Target['read']): void {
  const most = bytes.length / BLOCK;
  for (let at = 0; at < runs.length; at += 3) {
    const [to = 0, from = 0, n = 0] = runs.subarray(at, at + 3);
    for (let done = 0; done < n; done += most) {
      const part = bytes.subarray(0, Math.min(n - done, most) * BLOCK);
      read(part, from + done);
      target.write(part, to + done);
    }
  }
}
