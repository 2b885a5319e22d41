import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { makeFolder } from '../../../test/fakes/plain-layer.ts';
import { BlockFile } from '../../sys/files/bulk/blocks.ts';
import { baseKeys, DamagedIndex, keyEntries, PAGE, type Pages } from './key-pages.ts';

const AT = 24;

/** Sorted pairs of key and block in a file, as an index has them. */
function pagesOf(path: string, pairs: readonly (readonly [key: number, block: number])[]): Pages {
  const bytes = Buffer.alloc(8 * pairs.length);
  pairs.forEach(([key, block], index) => {
    bytes.writeUInt32LE(block, 8 * index);
    bytes.writeUInt32LE(key, 8 * index + 4);
  });
  writeFileSync(path, Buffer.concat([Buffer.alloc(AT), bytes]));
  const pages = Array.from({ length: Math.ceil(bytes.length / PAGE) }, (_, page) =>
    bytes.subarray(page * PAGE, (page + 1) * PAGE),
  );
  return {
    file: new BlockFile(path, 'read'),
    at: AT,
    count: pairs.length,
    firsts: Uint32Array.from(pages, (page) => page.readUInt32LE(4)),
    sums: Uint32Array.from(pages, (page) => crc32(page)),
  };
}

/** Keys that come often, so that one of them may fill pages, and keys from end to end. */
const keys = fc.array(fc.oneof(fc.constantFrom(0, 7, 2 ** 32 - 1), fc.nat(20), fc.nat(2 ** 32 - 1)), {
  minLength: 0,
  maxLength: 3000,
  size: 'max',
});

test('a key leads to the first block that has it, one that no block has to none', (t) => {
  const path = join(makeFolder(t), 'keys');
  fc.assert(
    fc.property(keys, (made) => {
      const pairs = made.map((key, block) => [key, block] as const).sort(([a, m], [b, n]) => a - b || m - n);
      const first = new Map<number, number>();
      for (const [key, block] of pairs) if (!first.has(key)) first.set(key, block);
      const pages = pagesOf(path, pairs);
      using _ = pages.file;

      const found = baseKeys(pages);

      for (const key of [...first.keys(), 1, 8, 21, 2 ** 31]) assert.equal(found.find(key), first.get(key) ?? -1);
    }),
    { numRuns: 40 },
  );
});

test('a page that is not what was written is noticed, by whoever looks something up and by whoever reads all', (t) => {
  const path = join(makeFolder(t), 'keys');
  const pages = pagesOf(
    path,
    Array.from({ length: 2000 }, (_, index) => [index * 2, index]),
  );
  using _ = pages.file;
  pages.sums[2] = (pages.sums[2] ?? 0) ^ 1;

  const found = baseKeys(pages);
  const entries = keyEntries(pages);

  assert.equal(found.find(100), 50);
  assert.throws(() => found.find(2 * 1100), DamagedIndex);
  assert.throws(() => {
    while (entries.next());
  }, DamagedIndex);
});
