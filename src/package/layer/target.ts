import { AppError } from '../../lib/errors.ts';
import { BlockFile } from '../../sys/blocks.ts';
import { BLOCK, PIECE } from './format.ts';

/** Where the blocks of a layer go: into a new file, or nowhere but past the layer that they must equal (layer §11.5). */
export interface Target extends Disposable {
  /** Fills `into` from this block of the layer on. */
  read(into: Uint8Array, block: number): void;
  /** Puts whole blocks in their place. @throws DISK_FULL; LAYER_HASH when they are not what the layer has there */
  write(from: Uint8Array, block: number): void;
}

export interface TargetName {
  path: string;
  how: 'write' | 'check';
}

export function openTarget({ path, how }: TargetName): Target {
  const file = new BlockFile(path, how === 'write' ? 'change' : 'read');
  const there = Buffer.allocUnsafeSlow(how === 'check' ? PIECE : 0);
  return {
    read: (into, block) => file.read(into, block * BLOCK),
    write(from, block) {
      if (how === 'write') return file.write(from, block * BLOCK);
      for (let at = 0; at < from.length; at += PIECE) {
        const part = from.subarray(at, at + PIECE);
        const found = there.subarray(0, part.length);
        file.read(found, block * BLOCK + at);
        if (found.compare(part) !== 0) throw new AppError('LAYER_HASH', 'the blob does not give the layer back');
      }
    },
    [Symbol.dispose]: () => file[Symbol.dispose](),
  };
}

/** Copies threes of block to write, block to read, count; up to 1 MiB at once (layer §11.1). */
export function moveRuns(runs: Uint32Array, bytes: Buffer, target: Target, read: Target['read']): void {
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
