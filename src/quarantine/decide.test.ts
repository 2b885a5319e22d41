import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { listed, threeVersions, V1, V2, V3 } from '../../test/fakes/quarantine.ts';
import { type Decision, decide, messageFor, reasonText } from './decide.ts';

const NOW = Date.UTC(2026, 0, 10);
const HOUR = 3_600_000;
const SEEN = { lookedUpAt: NOW - HOUR, atHand: false };

const VERSIONS: [title: string, descriptor: string | undefined, change: object, want: [string, string]][] = [
  ['the newest version has normal access', V3, {}, ['normal', 'version']],
  ['the version at the threshold has normal access', V2, {}, ['normal', 'version']],
  ['a version below the threshold is restricted', V1, {}, ['restricted', 'outdated']],
  ['letter case does not matter', V3.toLowerCase(), {}, ['normal', 'version']],
  ['a machine that never reported is restricted', undefined, {}, ['restricted', 'unset']],
  ['even without a threshold', undefined, { threshold: undefined }, ['restricted', 'unset']],
  ['an unknown version is restricted', '0xDEADBEEF', {}, ['restricted', 'unknown-version']],
  ['without a threshold every version has normal access', V1, { threshold: undefined }, ['normal', 'version']],
  ['a threshold above all versions lets none through', V3, { threshold: null }, ['restricted', 'above-all']],
  ['a threshold that names no version lets none through', V3, { threshold: 'fourth' }, ['restricted', 'outdated']],
];

for (const [title, descriptor, change, [access, reason]] of VERSIONS) {
  test(title, () => {
    const decision = decide(threeVersions({ ...change }), descriptor, SEEN, NOW);

    assert.deepEqual([decision.access, decision.reason], [access, reason]);
  });
}

test('a removed version is restricted, and the next that is left is due', () => {
  const quarantine = threeVersions({
    versions: [
      { name: 'first', descriptor: V1 },
      { name: 'second', descriptor: V2, removed: true },
      { name: 'third', descriptor: V3 },
    ],
    threshold: 'third',
  });

  const decision = decide(quarantine, V2, SEEN, NOW);

  assert.equal(decision.reason, 'unknown-version');
  assert.equal('due' in decision && decision.due?.name, 'third');
});

const OFFLINE: [title: string, onUnreachable: string, lookedUpAt: number | undefined, want: [string, string]][] = [
  ['seen lately', 'restricted', NOW - HOUR, ['normal', 'version']],
  ['never seen: the package’s restricted list', 'keep', undefined, ['restricted', 'never-looked-up']],
  ['never seen, restricted', 'restricted', undefined, ['restricted', 'never-looked-up']],
  ['never seen, refuse', 'refuse', undefined, ['refused', 'never-looked-up']],
  ['away too long, keep', 'keep', NOW - 25 * HOUR, ['normal', 'version']],
  ['away too long, restricted', 'restricted', NOW - 25 * HOUR, ['restricted', 'offline']],
  ['away too long, refuse', 'refuse', NOW - 25 * HOUR, ['refused', 'offline']],
  ['away just as long as allowed', 'refuse', NOW - 24 * HOUR, ['normal', 'version']],
];

for (const [title, onUnreachable, lookedUpAt, [access, reason]] of OFFLINE) {
  test(`policy server ${title}`, () => {
    const quarantine = threeVersions({ onUnreachable, maxOffline: '24h' });

    const decision = decide(quarantine, V3, { lookedUpAt, atHand: false }, NOW);

    assert.deepEqual([decision.access, decision.reason], [access, reason]);
  });
}

test('in preview the policy is at hand, and no policy server is missed', () => {
  const decision = decide(threeVersions({ onUnreachable: 'refuse' }), V3, { lookedUpAt: undefined, atHand: true }, NOW);

  assert.equal(decision.access, 'normal');
});

test('nothing that is unknown has normal access, whatever the rest', () => {
  const known = [V1, V2, V3].map((descriptor) => descriptor.toLowerCase());
  fc.assert(
    fc.property(
      fc.option(fc.string(), { nil: undefined }),
      fc.constantFrom('keep', 'restricted', 'refuse'),
      (descriptor, onUnreachable) => {
        fc.pre(descriptor === undefined || !known.includes(descriptor.toLowerCase()));
        assert.notEqual(decide(threeVersions({ onUnreachable }), descriptor, SEEN, NOW).access, 'normal');
      },
    ),
  );
});

test('an older version never has more access than a newer one', () => {
  const versions = Array.from({ length: 8 }, (_, index) => ({ name: `v${index}`, descriptor: `0x0000000${index}` }));
  fc.assert(
    fc.property(fc.nat(7), fc.nat(7), fc.nat(7), (threshold, a, b) => {
      const quarantine = threeVersions({ versions, threshold: `v${threshold}` });
      const isNormal = (index: number) => decide(quarantine, `0x0000000${index}`, SEEN, NOW).access === 'normal';
      assert.ok(!isNormal(Math.min(a, b)) || isNormal(Math.max(a, b)));
    }),
  );
});

const MESSAGES: [title: string, descriptor: string, want: string | undefined][] = [
  ['restricted access shows the administrator’s text', V1, 'please update'],
  ['normal access with a newer version shows the update message', V2, 'there is an update'],
  ['the newest version shows nothing', V3, undefined],
];

for (const [title, descriptor, want] of MESSAGES) {
  test(title, () => {
    const quarantine = threeVersions();

    assert.equal(messageFor(quarantine, decide(quarantine, descriptor, SEEN, NOW)), want);
  });
}

test('no quarantine and a static list need no version and no policy server', () => {
  const never = { lookedUpAt: undefined, atHand: false };
  const list = listed('10.0.0.1');

  assert.equal(decide({ type: 'none' }, undefined, never, NOW).access, 'normal');
  assert.equal(decide({ type: 'static', mode: 'whitelist', normal: list }, undefined, never, NOW).access, 'normal');
});

test('every reason has words', () => {
  const reasons: Decision['reason'][] = [
    'unrestricted',
    'static',
    'version',
    'outdated',
    'above-all',
    'unset',
    'unknown-version',
    'never-looked-up',
    'offline',
  ];
  for (const reason of reasons) assert.ok(reasonText({ access: 'restricted', reason } as Decision).length > 10, reason);
});

const OUTDATED: [string, string] = ['restricted', 'outdated'];
const GRACE: [title: string, descriptor: string | undefined, change: object, want: [string, string]][] = [
  ['within the time of grace an older version keeps normal access', V1, {}, ['normal', 'grace']],
  ['after it, it does not', V1, { thresholdAt: '2026-01-06T00:00:00.000Z' }, ['restricted', 'outdated']],
  ['at its very end, it does not', V1, { thresholdAt: '2026-01-07T00:00:00.000Z' }, ['restricted', 'outdated']],
  ['without a moment to count from there is none', V1, { thresholdAt: undefined }, ['restricted', 'outdated']],
  ['a machine that never reported gets none', undefined, {}, ['restricted', 'unset']],
  ['an unknown version gets none', '0xDEADBEEF', {}, ['restricted', 'unknown-version']],
  ['a version that was restricted before gets none', V1, { threshold: 'third', thresholdBefore: 'second' }, OUTDATED],
  ['one that was not keeps it', V2, { threshold: 'third', thresholdBefore: 'second' }, ['normal', 'grace']],
  [
    'a former threshold that names no version gives none',
    V2,
    { threshold: 'third', thresholdBefore: 'gone' },
    OUTDATED,
  ],
  ['a threshold above all versions gives none', V2, { threshold: null }, ['restricted', 'above-all']],
  ['a threshold that names no version gives none', V1, { threshold: 'fourth' }, ['restricted', 'outdated']],
];

for (const [title, descriptor, change, [access, reason]] of GRACE) {
  test(title, () => {
    const quarantine = threeVersions({ grace: '3d', thresholdAt: '2026-01-08T00:00:00.000Z', ...change });

    const decision = decide(quarantine, descriptor, SEEN, NOW);

    assert.deepEqual([decision.access, decision.reason], [access, reason]);
  });
}

test('what is tolerated is told, with its end', () => {
  const quarantine = threeVersions({ grace: '3d', thresholdAt: '2026-01-08T00:00:00.000Z' });
  const decision = decide(quarantine, V1, SEEN, NOW);

  assert.match(reasonText(decision), /until 2026-01-11T00:00:00.000Z; next is second/);
  assert.equal(messageFor(quarantine, decision), 'there is an update');
});

const DYNAMIC = {
  type: 'dynamic' as const,
  mode: 'whitelist' as const,
  normal: listed('10.0.0.1'),
  interval: '5m',
  maxOffline: '24h',
};

const LISTS: [
  title: string,
  onUnreachable: 'keep' | 'restricted' | 'refuse',
  lookedUpAt: number | undefined,
  want: string,
][] = [
  ['looked up', 'restricted', NOW - HOUR, 'normal'],
  ['never looked up: no access', 'keep', undefined, 'restricted'],
  ['away too long', 'restricted', NOW - 25 * HOUR, 'restricted'],
  ['away too long, keep', 'keep', NOW - 25 * HOUR, 'normal'],
];

for (const [title, onUnreachable, lookedUpAt, want] of LISTS) {
  test(`a dynamic list ${title}`, () => {
    assert.equal(decide({ ...DYNAMIC, onUnreachable }, undefined, { lookedUpAt, atHand: false }, NOW).access, want);
  });
}

test('a policy that wants rules out of the user’s hands gives normal access nowhere else', () => {
  const list = listed();
  const wanting = [
    threeVersions({ enforcement: 'host' }),
    { type: 'static', mode: 'blacklist', normal: list, enforcement: 'host' } as const,
    { ...DYNAMIC, onUnreachable: 'keep', enforcement: 'host' } as const,
  ];
  for (const quarantine of wanting) {
    assert.equal(decide(quarantine, V3, { ...SEEN, enforcement: 'host' }, NOW).access, 'normal');
    for (const enforcement of ['guest-only', undefined] as const) {
      const { access, reason } = decide(quarantine, V3, { ...SEEN, enforcement }, NOW);
      assert.deepEqual([access, reason], ['restricted', 'enforcement'], quarantine.type);
    }
  }
  assert.equal(decide(threeVersions(), V3, { ...SEEN, enforcement: 'guest-only' }, NOW).access, 'normal');
});
