import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { PortRange } from '../policy/parts/access-entry.ts';
import { mergeRanges, subtractRanges } from './port-ranges.ts';

const ranges = fc.array(
  fc
    .tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 30 }))
    .map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) })),
  { maxLength: 6 },
);

function ports(of: readonly PortRange[]): number[] {
  return Array.from({ length: 31 }, (_, port) => port).filter((port) =>
    of.some(({ from, to }) => port >= from && port <= to),
  );
}

test('merged ranges hold the same ports, in order, with a gap between any two', () => {
  fc.assert(
    fc.property(ranges, (some) => {
      const merged = mergeRanges(some);

      assert.deepEqual(ports(merged), ports(some));
      for (const [i, { from }] of merged.entries()) assert.ok(i === 0 || from > (merged[i - 1]?.to ?? 0) + 1);
    }),
  );
});

test('what is subtracted is gone and nothing else', () => {
  fc.assert(
    fc.property(ranges, ranges, (some, taken) => {
      const left = ports(subtractRanges(mergeRanges(some), mergeRanges(taken)));

      assert.deepEqual(
        left,
        ports(some).filter((port) => !ports(taken).includes(port)),
      );
    }),
  );
});
