import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { threeVersions } from '../../../test/fakes/quarantine.ts';
import { nextLookupMs, watchAgainMs } from './schedule.ts';

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

const MINUTE = 60_000;
const RANDOM = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });

for (const [failures, minutes] of [
  [0, 5],
  [1, 5],
  [2, 10],
  [3, 15],
  [4, 15],
  [2000, 15],
] as const) {
  test(`after ${failures} failures a server with an interval of 5 minutes is asked after ${minutes}`, () => {
    assert.equal(
      nextLookupMs(threeVersions({ interval: '5m' }), NOW, NOW, failures === 0 ? 0.5 : 0, failures),
      minutes * MINUTE,
    );
  });
}

test('failures never make a server be asked more often than its interval says, nor hardly ever', () => {
  const interval = fc.constantFrom('1m', '5m', '15m', '1h', '1d');
  fc.assert(
    fc.property(interval, fc.integer({ min: 1, max: 5000 }), RANDOM, (text, failures, random) => {
      const quarantine = threeVersions({ interval: text, maxOffline: '30d' });
      const least = nextLookupMs(quarantine, NOW, NOW, 0.5);
      const delay = nextLookupMs(quarantine, NOW, NOW, random, failures);
      assert.ok(delay >= least && delay <= 1.5 * Math.max(least, 15 * MINUTE), `${text} ${failures} ${delay}`);
    }),
  );
});

test('however often look-ups failed, a policy is judged again at the moment when it becomes too old', () => {
  const quarantine = threeVersions({ interval: '5m', maxOffline: '10m' });

  assert.equal(nextLookupMs(quarantine, NOW - 9 * MINUTE, NOW, 0.9, 12), MINUTE + 1);
});

test('a watch that fails is taken up again after ten seconds, then ever later, up to five minutes', () => {
  assert.deepEqual(
    [1, 2, 3, 5, 6, 400].map((failures) => watchAgainMs(failures, 0) / 1000),
    [10, 20, 40, 160, 300, 300],
  );
  assert.equal(watchAgainMs(1, 0.5), 12_500);
});
