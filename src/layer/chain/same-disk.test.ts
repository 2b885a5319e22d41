import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeFolder, sampleBlock } from '../../../test/fakes/plain-layer.ts';
import { BLOCK } from '../format.ts';
import type { Chain, Extent } from './chain.ts';
import { isSameDisk } from './same-disk.ts';

type Stretch = [blocks: number, file: number | undefined, place: number];

/** A disk of three files, told in stretches: how many blocks, of which file, from which of its blocks on. */
function disk(files: readonly string[], stretches: readonly Stretch[]): Chain {
  let start = 0;
  const extents = stretches.map(([blocks, file, place]): Extent => {
    const extent = {
      start,
      length: blocks * BLOCK,
      depth: file ?? 0,
      offset: file === undefined ? undefined : place * BLOCK,
    };
    start += extent.length;
    return extent;
  });
  return { files, virtualBytes: start, extents };
}

const ROWS: [title: string, one: Stretch[], other: Stretch[], isSame: boolean][] = [
  ['the same place of the same file', [[8, 0, 0]], [[8, 0, 0]], true],
  [
    'the same, in other stretches',
    [[8, 0, 0]],
    [
      [3, 0, 0],
      [5, 0, 3],
    ],
    true,
  ],
  ['the same bytes in another file', [[8, 0, 0]], [[8, 1, 0]], true],
  ['the same bytes elsewhere in the file', [[4, 1, 8]], [[4, 1, 0]], true],
  ['another place of the same file', [[4, 0, 0]], [[4, 0, 1]], false],
  [
    'one block of another file',
    [[8, 0, 0]],
    [
      [5, 0, 0],
      [1, 2, 0],
      [2, 0, 6],
    ],
    false,
  ],
  [
    'zeros in both',
    [[8, undefined, 0]],
    [
      [3, undefined, 0],
      [5, undefined, 0],
    ],
    true,
  ],
  ['zeros, and bytes that are zero', [[4, undefined, 0]], [[4, 2, 4]], true],
  ['zeros, and bytes that are not', [[4, undefined, 0]], [[4, 0, 0]], false],
  ['another length', [[4, 0, 0]], [[5, 0, 0]], false],
];

for (const [title, one, other, isSame] of ROWS) {
  test(`${title}: ${isSame ? 'the same disk' : 'another disk'}`, async (t) => {
    const folder = makeFolder(t);
    const files = ['a', 'b', 'c'].map((name) => join(folder, name));
    const eight = Array.from({ length: 8 }, (_, at) => sampleBlock(1 + at));
    const contents = [eight, [...eight, ...eight], [...eight.slice(0, 4), ...Array(4).fill(Buffer.alloc(BLOCK))]];
    for (const [at, path] of files.entries()) writeFileSync(path, Buffer.concat(contents[at] ?? []));

    assert.equal(await isSameDisk(disk(files, one), disk(files, other)), isSame);
    assert.equal(await isSameDisk(disk(files, other), disk(files, one)), isSame);
  });
}
