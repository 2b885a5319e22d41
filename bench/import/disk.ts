import { randomFillSync } from 'node:crypto';
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';

const MIB = 1 << 20;
const DISK_BYTES = 4096 * MIB;

/**
 * A disk of which a quarter is used, in runs of four MiB all over it: half noise, half text that packs well. It begins as a disk
 * that can be started does.
 */
export function sparseDisk(path: string): void {
  const run = Buffer.alloc(4 * MIB, 'What stands in files is mostly text, and packs well. ');
  const file = openSync(path, 'w');
  try {
    ftruncateSync(file, DISK_BYTES);
    for (let at = MIB; at < DISK_BYTES; at += 16 * MIB) {
      randomFillSync(run, 0, 2 * MIB);
      writeSync(file, run, 0, run.length, at);
    }
    writeSync(file, Buffer.from([0xeb]), 0, 1, 0);
    writeSync(file, Buffer.from([0x55, 0xaa]), 0, 2, 510);
  } finally {
    closeSync(file);
  }
}
