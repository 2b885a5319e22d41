import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startOnTrial, TrialWatch } from '../../src/daemon/installs/trial.ts';
import { openInstance } from '../../src/install/state/instances.ts';
import { judgeTrial, readTrial } from '../../src/install/state/machine/trial.ts';
import { AppError } from '../../src/lib/errors.ts';
import { Turns } from '../../src/lib/turns.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { code, computer } from '../fakes/made-computer.ts';
import { madeProject } from '../fakes/made-project.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';

/** A computer whose machine is at generation 2, on trial, and the watch over it. */
async function onTrial(t: TestContext, { keepOld = false, timeout = '1h' } = {}) {
  const project = await madeProject(t, 'Acme', Date.now(), { dataDiskMiB: 64 });
  await project.setPolicy({ updates: { healthTimeout: timeout } });
  const { install, state } = computer(t);
  await install((await project.build('one')).folder, { fingerprint: project.fingerprint });
  assert.equal(await readTrial(state, 'office', 1), undefined, 'a first installation has nothing to go back to');
  await install((await project.build('two')).folder, { keepOld });
  const events: string[] = [];
  const turns = new Turns();
  const clock = { now: Date.now() };
  /** The watch of a service; another service has another. */
  const open = async () => {
    const opened = await TrialWatch.open({
      ...{ state, vm: 'office', generation: 2, timeout, now: () => clock.now },
      inTurn: (work) => turns.take(work),
      log: async (kind) => void events.push(kind),
      onFailure: (error) => assert.fail(String(error)),
    });
    assert.ok(opened);
    t.after(() => opened[Symbol.dispose]());
    return opened;
  };
  const watch = await open();
  const former = async () => (await openInstance(state, 'office')).former;
  const installNext = async (name: string) => install((await project.build(name)).folder);
  return { state, watch, open, turns, clock, events, former, installNext, trial: () => readTrial(state, 'office', 2) };
}

test('a system that reports itself healthy is there to stay, and the former one goes', { skip }, async (t) => {
  const { watch, events, former, trial } = await onTrial(t);
  assert.equal(await former(), 1);

  await watch.hello(false);
  assert.equal((await trial())?.failed, undefined, 'not healthy yet is no failure before the time is up');
  await watch.hello(true);

  assert.deepEqual([await trial(), await former(), events], [undefined, undefined, ['healthy']]);
});

test('the former system stays where the user asked for it', { skip }, async (t) => {
  const { watch, former } = await onTrial(t, { keepOld: true });

  await watch.hello(true);

  assert.equal(await former(), 1);
});

test('a system that never proved itself is nothing to go back to: the one before it is kept', { skip }, async (t) => {
  const { former, installNext, state } = await onTrial(t);

  await installNext('three');

  assert.deepEqual([(await openInstance(state, 'office')).current.generation, await former()], [3, 1]);
});

test('a system that proves itself while the next is installed already leaves that one its former', {
  skip,
}, async (t) => {
  const { watch, former, installNext, trial } = await onTrial(t);
  await installNext('three');

  await watch.hello(true);

  assert.deepEqual([await trial(), await former()], [undefined, 1]);
});

test('a guest that reports itself again, as after a restart, is noted once', { skip }, async (t) => {
  const { watch, events } = await onTrial(t);

  for (let times = 0; times < 3; times += 1) await watch.hello(true);
  await watch.hello(false);

  assert.deepEqual(events, ['healthy']);
});

for (const [how, isHeard, reason] of [
  ['that is silent', false, /did not say hello within 1s/],
  ['whose health command fails', true, /health command still failed after 1s/],
] as const) {
  test(`a system ${how} is given up, and a late report does not save it`, { skip }, async (t) => {
    const { watch, events, trial } = await onTrial(t, { timeout: '1s' });
    watch.run();
    if (isHeard) await watch.hello(false);
    while (events.length === 0) await sleep(20);

    await watch.hello(true);

    assert.deepEqual(events, ['unhealthy']);
    const decision = judgeTrial(await trial(), true);
    assert.match(decision.start === 'former' ? decision.reason : '', reason);
  });
}

test('a start counts when QEMU ended at once, and not when this computer was at fault', { skip }, async (t) => {
  const { watch, trial } = await onTrial(t);
  const fail = (wanted: 'VM_FAILED' | 'NETWORK_FAILED') =>
    startOnTrial(watch, async () => {
      throw new AppError(wanted, 'as told');
    });

  await assert.rejects(fail('NETWORK_FAILED'), code('NETWORK_FAILED'));
  assert.equal((await trial())?.starts, 0);
  await assert.rejects(fail('VM_FAILED'), code('VM_FAILED'));
  assert.equal((await trial())?.starts, 1);
});

test('a report waits for the change that is under way, and is not lost meanwhile; the guest is told to say it again', {
  skip,
}, async (t) => {
  const { watch, turns, events, former, trial } = await onTrial(t, { timeout: '1s' });
  const change = Promise.withResolvers<void>();
  const changing = turns.take(() => change.promise);
  watch.run();

  const told = await watch.hello(true);

  assert.deepEqual([told, (await trial()) !== undefined, await former()], [false, true, 1]);
  change.resolve();
  await changing;
  assert.equal(await watch.hello(true), true);
  assert.deepEqual([await trial(), await former(), events], [undefined, undefined, ['healthy']]);
});

test('the time of a trial began with the start of the system, whatever service it is under now', {
  skip,
}, async (t) => {
  const { watch, open, clock, events } = await onTrial(t, { timeout: '1h' });
  await watch.countStart(true);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const next = async (passedMs: number) => {
    clock.now += passedMs;
    const opened = await open();
    opened.run();
    return opened;
  };
  const HOUR_MS = 3_600_000;

  const second = await next(HOUR_MS - 60_000);
  t.mock.timers.tick(59_000);
  assert.deepEqual(events, []);
  second[Symbol.dispose]();

  // A service that comes late still gives the guest a moment: it may have spoken while there was none.
  await next(HOUR_MS);
  t.mock.timers.tick(29_000);
  assert.deepEqual(events, []);
  t.mock.timers.tick(1_000);
  t.mock.timers.reset();
  while (events.length === 0) await sleep(10);

  assert.deepEqual(events, ['unhealthy']);
});
