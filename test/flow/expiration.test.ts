import assert from 'node:assert/strict';
import { cpSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Terms } from '../../src/daemon/terms/terms.ts';
import { openInstance } from '../../src/install/state/instances.ts';
import { computerPaths, instancePaths } from '../../src/install/state/layout.ts';
import { readPolicy, writePolicy } from '../../src/install/state/policies.ts';
import type { MachinePolicy } from '../../src/policy/schema.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { code, computer } from '../fakes/made-computer.ts';
import { madeProject } from '../fakes/made-project.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';
const DAY_MS = 86_400_000;
const NOW = Date.now() + 60_000;
const day = (ms: number) => new Date(ms).toLocaleDateString('sv-SE');
const DAYS = { expiration: { type: 'days', days: 2, message: 'Ask Ann.' } } as const;

/** `office` under a policy, on a computer whose clock is set at will. */
async function installed(t: TestContext, policy: Partial<MachinePolicy>) {
  const project = await madeProject(t);
  await project.setPolicy(policy);
  const { folder } = await project.build('one');
  const { state, install } = computer(t, NOW);
  await install(folder, { fingerprint: project.fingerprint });
  const at = { clock: NOW, state };
  /** As a service of its own would see it. */
  const startable = async (terms = new Terms(async () => at.clock)) => {
    const document = (await readPolicy(at.state, 'office')).document;
    return terms.startable(await openInstance(at.state, 'office'), { document, lookedUpAt: undefined });
  };
  const brings = async (change: Partial<MachinePolicy>, now = at.clock) => {
    await project.setPolicy(change);
    return install((await project.build(`policies-${day(now)}`, { kind: 'policy' })).folder, { now });
  };
  return { project, folder, state, install, at, startable, brings };
}

test('fact 30: an expired machine is refused with the administrator’s text, and its files stay', {
  skip,
}, async (t) => {
  const { at, startable } = await installed(t, DAYS);
  assert.deepEqual(await startable(), {
    expiration: { state: 'valid', endsAt: new Date(new Date(NOW).setHours(72, 0, 0, 0)).toISOString(), daysLeft: 2 },
  });

  at.clock = NOW + 3 * DAY_MS;

  const { expiration, cannotStart } = await startable();
  assert.deepEqual([expiration?.state, expiration?.message], ['expired', 'Ask Ann.']);
  assert.deepEqual([cannotStart?.code, cannotStart?.reason], ['EXPIRED', 'office has expired: Ask Ann.']);
  assert.equal((await openInstance(at.state, 'office')).current.generation, 1);
});

test('EXPIRED: what its remedy says is done, and works: fact 3, a policies-only package', {
  skip,
}, async (t) => {
  const { at, startable, brings } = await installed(t, { expiration: { type: 'date', date: day(NOW) } });
  at.clock = NOW + 2 * DAY_MS;
  assert.equal((await startable()).cannotStart?.code, 'EXPIRED');

  await brings({ expiration: { type: 'date', date: day(at.clock) } });
  assert.equal((await startable()).cannotStart, undefined);
});

test('D36: a policies-only package keeps the first day, which an update makes anew', { skip }, async (t) => {
  const { at, startable, brings, install, project } = await installed(t, { expiration: { type: 'never' } });
  at.clock = NOW + 3 * DAY_MS;
  await brings(DAYS);
  assert.equal((await startable()).cannotStart?.code, 'EXPIRED', 'fact 29: it counts from the installation');

  await install((await project.build('two')).folder, { replace: true, now: at.clock });

  assert.equal((await startable()).expiration?.daysLeft, 2);
});

test('D26: a clock set back, or forward by ten years and back, or an older state folder gives no time back', {
  skip,
}, async (t) => {
  const { at, startable, state } = await installed(t, DAYS);
  const backup = `${state}-backup`;
  cpSync(state, backup, { recursive: true });
  at.clock = NOW + 3 * DAY_MS;
  assert.equal((await startable()).cannotStart?.code, 'EXPIRED');

  at.clock = NOW;
  assert.equal((await startable()).cannotStart?.code, 'EXPIRED', 'set back');
  rmSync(state, { recursive: true });
  renameSync(backup, state);
  assert.equal((await startable()).cannotStart?.code, 'EXPIRED', 'an older folder, and set back');
  at.clock = NOW + 3653 * DAY_MS;
  await startable();
  at.clock = NOW;
  assert.equal((await startable()).cannotStart?.code, 'EXPIRED', 'forward and back');
});

test('a mark that is damaged or gone refuses, and installing again mends it without more time', { skip }, async (t) => {
  const { at, startable, state, install, folder } = await installed(t, DAYS);
  const { vmId } = (await openInstance(state, 'office')).file;
  const mark = join(computerPaths(state).seal, `${vmId}.json`);
  for (const spoil of [() => writeFileSync(mark, '{"format":1'), () => rmSync(mark)]) {
    spoil();
    assert.equal((await startable()).cannotStart?.code, 'STATE_DAMAGED');
    at.clock += DAY_MS;

    await install(folder, { now: at.clock });

    assert.equal((await startable()).cannotStart, undefined);
  }
  assert.equal((await startable()).expiration?.daysLeft, 0, 'the days went on');
});

test('MOVED: what its remedy says is done, and works', { skip }, async (t) => {
  const { at, startable, state } = await installed(t, { copyProtection: { enabled: true } });
  assert.equal((await startable()).cannotStart, undefined);
  const { seal } = computerPaths(state);
  const away = `${state}-away`;
  renameSync(state, away);
  renameSync(seal, computerPaths(away).seal);
  at.state = away;
  const moved = (await startable()).cannotStart;
  assert.equal(moved?.code, 'MOVED');
  assert.match(moved?.reason ?? '', /it is at .*away.* and was installed at/);

  renameSync(away, state);
  renameSync(computerPaths(away).seal, seal);
  at.state = state;
  assert.equal((await startable()).cannotStart, undefined, 'moved back');
  renameSync(state, away);
  renameSync(seal, computerPaths(away).seal);
  at.state = away;
  assert.equal((await startable()).cannotStart?.code, 'MOVED');
  const { format: _, ...brought } = await readPolicy(away, 'office');
  const policy = { ...brought.document.policy, copyProtection: { enabled: false } };
  await writePolicy(away, 'office', { ...brought, document: { ...brought.document, policy } });

  assert.equal((await startable()).cannotStart, undefined, 'without copy protection');
});

test('fact 32: the place of another machine, a damaged one or none is no place', { skip }, async (t) => {
  const { startable, state } = await installed(t, { copyProtection: { enabled: true } });
  const { place, term } = instancePaths(state, 'office');
  for (const spoil of [() => writeFileSync(place, '{}'), () => cpSync(term, place), () => rmSync(place)]) {
    spoil();
    assert.equal((await startable()).cannotStart?.code, 'MOVED');
  }
});

test('a renewal plug-in must be among the resources', { skip }, async (t) => {
  const project = await madeProject(t);
  await project.setPolicy({
    expiration: {
      ...{ type: 'date', date: '2099-01-01' },
      renewal: { file: 'more.sh', arguments: [], timeout: '10s', network: false },
    },
  });

  await assert.rejects(project.build('one'), code('PLUGIN_MISSING'));
});
