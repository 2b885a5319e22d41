import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { threeVersions } from '../../test/fakes/quarantine.ts';
import { nextLookupMs } from './schedule.ts';

const NOW = Date.UTC(2026, 0, 10);

test('look-ups are spread by a tenth around the interval', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), (random) => {
      const delay = nextLookupMs(threeVersions({ interval: '5m' }), NOW, NOW, random);
      assert.ok(delay >= 270_000 && delay <= 330_000, String(delay));
    }),
  );
});

test('a policy that grows too old before the interval is over is judged again at that moment', () => {
  const quarantine = threeVersions({ interval: '1h', maxOffline: '10m' });

  assert.equal(nextLookupMs(quarantine, NOW - 540_000, NOW, 0.5), 60_001);
});

test('one that is too old already waits for the interval', () => {
  const quarantine = threeVersions({ interval: '1h', maxOffline: '10m' });

  assert.equal(nextLookupMs(quarantine, NOW - 3_600_000, NOW, 0.5), 3_600_000);
});

test('the end of a time of grace is not missed', () => {
  const quarantine = threeVersions({ interval: '1d', grace: '3d', thresholdAt: '2026-01-07T00:10:00.000Z' });

  assert.equal(nextLookupMs(quarantine, NOW, NOW, 0.5), 600_001);
});
