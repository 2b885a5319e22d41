import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { makeFolder } from '../../../test/fakes/plain-layer.ts';
import { type EntrySource, filtered } from './entries.ts';
import { EntrySorter } from './entry-sorter.ts';

const entry = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const few = fc.bigInt({ min: 0n, max: 9n }).map((number) => number << 32n);

function all(source: EntrySource): bigint[] {
  const found: bigint[] = [];
  while (source.next()) found.push((BigInt(source.high) << 32n) | BigInt(source.low));
  return found;
}

test('entries come out in ascending order, all of them, however few are sorted at a time', (t) => {
  const path = join(makeFolder(t), 'spilled');
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.oneof(entry, few), { maxLength: 40 }), { maxLength: 6 }),
      fc.integer({ min: 1, max: 50 }),
      (parts, atOnce) => {
        using sorter = new EntrySorter(path, atOnce);
        for (const part of parts) sorter.add(BigUint64Array.from(part));

        const found = all(sorter.sorted());
        rmSync(path, { force: true });

        assert.deepEqual(
          found,
          parts.flat().sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)),
        );
      },
    ),
  );
});

test('what does not count of a source is passed over', (t) => {
  using sorter = new EntrySorter(join(makeFolder(t), 'spilled'), 4);
  sorter.add(BigUint64Array.from({ length: 20 }, (_, index) => (BigInt(index % 5) << 32n) | BigInt(index)));

  const found = all(filtered(sorter.sorted(), (high, low) => high === 3 && low > 5));

  assert.deepEqual(
    found,
    [8n, 13n, 18n].map((low) => (3n << 32n) | low),
  );
});
