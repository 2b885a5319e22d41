import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatBytes, parseBytes } from './bytes.ts';

const ROWS: [text: string, bytes: number | undefined][] = [
  ['512M', 512 * 2 ** 20],
  ['4G', 4 * 2 ** 30],
  ['4.5G', 4.5 * 2 ** 30],
  ['1K', 1024],
  ['2T', 2 * 2 ** 40],
  ['4', undefined],
  ['4 G', undefined],
  ['-4G', undefined],
  ['4g', undefined],
  ['', undefined],
];

for (const [text, bytes] of ROWS) {
  test(`“${text}” is ${bytes === undefined ? 'no size' : formatBytes(bytes)}`, () => {
    assert.equal(parseBytes(text), bytes);
  });
}
