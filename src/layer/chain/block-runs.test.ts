import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BlockRuns } from './block-runs.ts';

/** Runs with gaps between them, some of which go on where the one before ended. */
const parts = fc.array(
  fc.record({ gap: fc.nat(3), n: fc.integer({ min: 1, max: 5 }), to: fc.nat(1000), goesOn: fc.boolean() }),
  { maxLength: 40 },
);

test('it is the same map as one that has every number', () => {
  fc.assert(
    fc.property(parts, fc.nat(150), fc.nat(60), (made, first, n) => {
      const runs = new BlockRuns();
      const plain = new Map<number, number>();
      let at = 0;
      let next = 0;
      for (const { gap, n: count, to, goesOn } of made) {
        at += gap;
        const target = goesOn ? next : to;
        if (count === 1) runs.add(at, target);
        else runs.add(at, target, count);
        for (let index = 0; index < count; index += 1) plain.set(at + index, target + index);
        at += count;
        next = target + count;
      }
      const found = [...runs.within(first, n)].flatMap(([from, to, count]) =>
        Array.from({ length: count }, (_, index) => [from + index, to + index]),
      );

      for (let number = 0; number < at + 3; number += 1) assert.equal(runs.at(number), plain.get(number) ?? -1);
      assert.deepEqual(
        found,
        [...plain].filter(([number]) => number >= first && number < first + n),
      );
      assert.ok(new BlockRuns(runs.words.slice()).equals(runs));
    }),
  );
});

test('numbers in a row are one run, and a slice of them has each', () => {
  const runs = new BlockRuns();
  for (let number = 0; number < 1000; number += 1) runs.add(number, number < 500 ? number : 2 * number);
  for (const number of [0, 499, 500, 999]) assert.equal(runs.at(number), number < 500 ? number : 2 * number);
  assert.deepEqual([...runs.slice(498, 4)], [498, 499, 1000, 1002]);
  assert.equal(runs.words.length, 3 * 501);
});

test('maps that differ in one block are told apart', () => {
  const [a, b] = [new BlockRuns(), new BlockRuns()];
  a.add(0, 5, 3);
  b.add(0, 5, 2);
  assert.equal(a.equals(b), false);
  b.add(2, 7);
  assert.equal(a.equals(b), true);
});
