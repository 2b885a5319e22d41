import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { threeVersions, V1, V2, V3 } from '../../test/fakes/quarantine.ts';
import { decide } from './decide.ts';
import { accessLists } from './lists/access-list.ts';
import { explain } from './lists/explain.ts';
import { impact, simulate } from './simulate.ts';

const NOW = Date.UTC(2026, 0, 10);
const names = new Map<string, string[]>();
const to = { host: '10.0.0.9', protocol: 'tcp', port: 80 } as const;

test('a version that is behind reaches only what its list has', () => {
  assert.deepEqual(simulate(threeVersions(), { descriptor: V1, to, now: NOW, names }), {
    access: 'restricted',
    reason: 'its version is too old; next is second',
    why: { code: 'outdated', next: 'second' },
    allowed: false,
    rule: 'whitelist: not listed',
  });
  assert.equal(simulate(threeVersions(), { descriptor: V2, to, now: NOW, names }).allowed, true);
});

test('a simulation says what enforcement would, whatever is asked', () => {
  const quarantine = threeVersions();
  const lists = accessLists(quarantine);
  fc.assert(
    fc.property(
      fc.constantFrom(undefined, V1, V2, V3, '0x12'),
      fc.ipV4(),
      fc.integer({ min: 1, max: 65_535 }),
      (descriptor, host, port) => {
        const { access } = decide(quarantine, descriptor, { lookedUpAt: NOW, atHand: false }, NOW);
        assert.ok(access !== 'refused');
        const destination = { host, protocol: 'tcp', port } as const;
        const { allowed } = simulate(quarantine, { descriptor, to: destination, now: NOW, names });
        assert.equal(allowed, explain(lists[access], destination, names).allowed);
      },
    ),
  );
});

test('a draft is weighed by the machines that would change', () => {
  const reported = [
    { vm: 'a', descriptor: V1, access: 'normal' },
    { vm: 'b', descriptor: V1, access: 'restricted' },
    { vm: 'c', descriptor: V3, access: 'normal' },
    { vm: 'd' },
  ];

  assert.deepEqual(
    impact(threeVersions(), reported, NOW).map(({ access, machines, changed }) => [access, machines, changed]),
    [
      ['restricted', 2, 1],
      ['normal', 1, 0],
      ['restricted', 1, 0],
    ],
  );
});
