import assert from 'node:assert/strict';
import { test } from 'node:test';
import { progressText } from './progress.ts';

const MIB = 1 << 20;
const ROWS: [title: string, doneBytes: number, elapsedMs: number, text: string][] = [
  ['at the start nothing is known of the rate', 0, 0, 'packing  0 B of 48.0 MiB'],
  ['on the way', 12 * MIB, 2000, 'packing  12.0 MiB of 48.0 MiB, 6.0 MiB/s, 6 s left'],
  ['at the end', 48 * MIB, 8000, 'packing  48.0 MiB of 48.0 MiB, 6.0 MiB/s'],
];

for (const [title, doneBytes, elapsedMs, text] of ROWS) {
  test(title, () => {
    assert.equal(progressText({ what: 'packing', doneBytes, totalBytes: 48 * MIB, elapsedMs }), text);
  });
}
