import { createHash } from 'node:crypto';
import { BlockFile } from '../../sys/blocks.ts';

const CHUNK = 1 << 20;

/** SHA-256 of a file in hexadecimal, with synchronous calls: for a thread of its own. */
export function digestBlocks(path: string): string {
  using file = new BlockFile(path, 'read');
  const hash = createHash('sha256');
  const chunk = Buffer.allocUnsafeSlow(CHUNK);
  const { size } = file;
  for (let at = 0; at < size; at += CHUNK) {
    const part = chunk.subarray(0, Math.min(CHUNK, size - at));
    file.read(part, at);
    hash.update(part);
  }
  return hash.digest('hex');
}
