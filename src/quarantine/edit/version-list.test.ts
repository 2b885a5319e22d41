import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listed, threeVersions, V2 } from '../../../test/fakes/quarantine.ts';
import { Quarantine } from '../../policy/quarantine.ts';
import { checkPolicy } from '../../policy/reading/check.ts';
import { liveVersions } from '../versions/versions.ts';
import { changeQuarantine } from './settings.ts';
import {
  lostByType,
  versionBased,
  withoutThreshold,
  withoutVersion,
  withThreshold,
  withVersion,
  withVersionChanged,
} from './version-list.ts';

const code = (wanted: string) => ({ name: 'AppError', code: wanted });

test('a removed version leaves a mark with its descriptor', () => {
  const quarantine = withoutVersion(threeVersions({ threshold: 'third' }), 'second');

  assert.deepEqual(
    liveVersions(quarantine).map(({ name }) => name),
    ['first', 'third'],
  );
  assert.equal(quarantine.versions[1]?.descriptor, V2);
});

test('another name or description leaves a version its descriptor, its place and the threshold', () => {
  const before = threeVersions({ threshold: 'second' });

  const after = withVersionChanged(before, 'second', { name: '2026-11', description: 'a new browser' });

  assert.deepEqual(after.versions[1], { ...before.versions[1], name: '2026-11', description: 'a new browser' });
  assert.equal(after.threshold, '2026-11');
  assert.deepEqual(withVersionChanged(after, '2026-11', { name: 'second', description: '' }), before);
  assert.throws(() => withVersionChanged(before, 'second', { name: 'first' }), code('VERSION_EXISTS'));
  assert.throws(() => withVersionChanged(before, 'fourth', { name: 'fifth' }), code('VERSION_UNKNOWN'));
});

test('what contradicts itself is refused with a code', () => {
  assert.throws(
    () => withVersion(threeVersions(), { name: 'first', descriptor: '0x00000009' }),
    code('VERSION_EXISTS'),
  );
  assert.throws(() => withThreshold(threeVersions(), 'fourth', 0), code('VERSION_UNKNOWN'));
  assert.throws(() => withoutVersion(threeVersions(), 'fourth'), code('VERSION_UNKNOWN'));
  assert.throws(() => withoutVersion(threeVersions(), 'second'), code('VERSION_NEEDED'));
  assert.throws(() => versionBased({ type: 'none' }), code('POLICY_INVALID'));
});

test('the check finds twin descriptors, twin names and a threshold that names nothing', () => {
  const [first, second] = threeVersions().versions;
  const versions = [first, { ...second, descriptor: first?.descriptor }, { name: 'first', descriptor: '0x00000009' }];

  const problems = checkPolicy({ format: 1, quarantine: threeVersions({ versions, threshold: 'fourth' }) });

  assert.deepEqual(
    problems.map(({ path }) => path.join('.')),
    ['quarantine.versions.1.descriptor', 'quarantine.versions.2.name', 'quarantine.threshold'],
  );
});

test('settings change what they name and leave the rest', () => {
  const changed = Quarantine.parse(
    changeQuarantine(threeVersions(), { restricted: ['10.0.0.9'], interval: '30s', normalExceptions: ['icmp'] }),
  );

  assert.ok(changed.type === 'version-based');
  assert.deepEqual(changed.restricted, listed('10.0.0.9'));
  assert.deepEqual(changed.normal, { ...listed('10.0.0.0/8'), exceptions: ['icmp'] });
  assert.equal(changed.interval, '30s');
  assert.equal(changed.versions.length, 3);
});

test('a setting that the type has not is refused, not forgotten', () => {
  assert.equal(Quarantine.safeParse(changeQuarantine({ type: 'none' }, { mode: 'whitelist' })).success, false);
  assert.equal(
    Quarantine.safeParse(changeQuarantine(threeVersions(), { type: 'static', interval: '30s' })).success,
    false,
  );
});

test('the time of grace begins when the threshold moves, and not when the same is said again', () => {
  const moved = withThreshold(threeVersions(), 'third', Date.UTC(2026, 0, 10));

  assert.equal(moved.thresholdAt, '2026-01-10T00:00:00.000Z');
  assert.deepEqual(withThreshold(moved, 'third', Date.UTC(2026, 0, 20)), moved);
});

test('a threshold above all versions is one to come back from: the version named then has no older ones in its grace', () => {
  const above = withThreshold(threeVersions({ grace: '3d' }), null, Date.UTC(2026, 0, 1));
  assert.equal(above.threshold, null);
  assert.deepEqual(checkPolicy({ format: 1, quarantine: above }), []);

  const back = withThreshold(above, 'third', Date.UTC(2026, 0, 2));
  assert.equal(back.thresholdBefore, null);
  assert.equal(withoutThreshold(back).threshold, undefined);
});

test('what another type also has stays: zones, enforcement, how it is looked up, the message of restricted access', () => {
  const zones = [{ name: 'office', when: { subnets: ['10.1.0.0/16'] }, normal: { entries: ['10.1.0.1'] } }];
  const before = threeVersions({ zones, enforcement: 'host', interval: '1h', maxOffline: '2d', onUnreachable: 'keep' });

  const dynamic = Quarantine.parse(changeQuarantine(before, { type: 'dynamic' }));
  const custom = Quarantine.parse(changeQuarantine(before, { type: 'custom', script: 'check.sh' }));
  const fixed = Quarantine.parse(changeQuarantine(before, { type: 'static' }));
  const again = Quarantine.parse(changeQuarantine(fixed, { normal: ['10.2.0.0/16'] }));

  assert.ok(dynamic.type === 'dynamic' && custom.type === 'custom' && again.type === 'static');
  assert.deepEqual([dynamic.interval, dynamic.maxOffline, dynamic.onUnreachable], ['1h', '2d', 'keep']);
  for (const { enforcement, zones: kept } of [dynamic, custom, again])
    assert.deepEqual([enforcement, kept?.[0]?.name], ['host', 'office']);
  assert.deepEqual([custom.messages, custom.onUnreachable], [{ restricted: 'please update' }, undefined]);
});

const LOSSES: [title: string, change: Parameters<typeof changeQuarantine>[1], lost: RegExp | undefined][] = [
  [
    'quarantine that becomes none loses all',
    { type: 'none' },
    /3 versions .*threshold second, .*normal access \(1 entry\)/,
  ],
  [
    'custom quarantine loses what versions alone have',
    { type: 'custom', script: 'c.sh' },
    /3 versions .*message about updates/,
  ],
  ['a type that stays loses nothing', { normal: [] }, undefined],
];
for (const [title, change, lost] of LOSSES) {
  test(title, () => {
    const before = threeVersions();
    const found = lostByType(before, Quarantine.parse(changeQuarantine(before, change)));

    if (lost) assert.match(found.join(', '), lost);
    else assert.deepEqual(found, []);
  });
}
test('a threshold remembers the one before it, and the lowest of both while a time of grace runs', () => {
  const at = (day: number) => Date.UTC(2026, 0, day);
  const { threshold: _none, ...free } = threeVersions({ grace: '3d' });
  const second = withThreshold(free, 'second', at(1));
  const inGrace = withThreshold(second, 'third', at(2));
  const afterIt = withThreshold(second, 'third', at(9));

  assert.equal(second.thresholdBefore, undefined, 'all versions had access');
  assert.equal(inGrace.thresholdBefore, undefined, 'they have it still');
  assert.equal(afterIt.thresholdBefore, 'second');
  assert.equal(withVersionChanged(afterIt, 'second', { name: 'other' }).thresholdBefore, 'other');
  assert.equal(withoutVersion(afterIt, 'second').thresholdBefore, 'third');
  assert.equal(withThreshold(withThreshold(afterIt, 'first', at(10)), 'second', at(11)).thresholdBefore, 'first');
});
