import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { readHostPolicy } from '../../src/install/state/host-policy.ts';
import { instanceNames } from '../../src/install/state/instances.ts';
import { computerPaths, instancePaths } from '../../src/install/state/layout.ts';
import { ROOT } from '../../src/install/state/machine/owner.ts';
import { HostPolicy } from '../../src/policy/host.ts';
import { hostPolicyDigest } from '../../src/quarantine/host-policy-digest.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { code, computer } from '../fakes/made-computer.ts';
import { madeProject } from '../fakes/made-project.ts';
import { serviceParts } from '../fakes/service-parts.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';
const RULES = HostPolicy.parse({ default: { mode: 'whitelist' } });

/** A computer with the machines office and lab, and what its service does to what is installed. */
async function installed(
  t: TestContext,
  more: { running?: string[]; clearAway?: () => Promise<void>; judge?: () => Promise<void> } = {},
) {
  const project = await madeProject(t);
  await project.addVm('lab');
  await project.setProject({ host: RULES });
  const { folder } = await project.build('one');
  const { state, install } = computer(t);
  await install(folder, { fingerprint: project.fingerprint, consentTo: hostPolicyDigest(RULES) });
  const judged = { times: 0 };
  const { events, ...parts } = serviceParts(state, {
    running: new Map((more.running ?? []).map((vm) => [vm, 1])),
    ...(more.clearAway ? { clearAway: more.clearAway } : {}),
    judgeAgain: async () => {
      judged.times += 1;
      await more.judge?.();
    },
  });
  const kinds = async () => (await events.last(100)).map(({ kind, vm }) => `${vm} ${kind}`);
  return { state, ...parts, kinds, judged };
}

test('of machines of which one runs, or one is unknown, none is removed', { skip }, async (t) => {
  const { state, removals, kinds } = await installed(t, { running: ['lab'] });

  await assert.rejects(
    removals.uninstall({ asker: ROOT, vms: ['office', 'lab'], isConfirmed: true }),
    code('VM_RUNNING'),
  );
  await assert.rejects(
    removals.uninstall({ asker: ROOT, vms: ['office', 'other'], isConfirmed: true }),
    code('VM_UNKNOWN'),
  );
  await assert.rejects(
    removals.uninstall({ asker: ROOT, vms: ['office'], isConfirmed: false }),
    code('UNINSTALL_CONFIRM'),
  );

  assert.deepEqual(
    [await instanceNames(state), removals.isLeaving('office'), await kinds()],
    [['lab', 'office'], false, []],
  );
});

test('a machine that is being removed does not start any more; one that could not be removed does again', {
  skip,
}, async (t) => {
  const gate = Promise.withResolvers<void>();
  const { state, removals } = await installed(t, { clearAway: () => gate.promise });

  const removing = removals.uninstall({ asker: ROOT, vms: ['office'], isConfirmed: true });
  while (!removals.isLeaving('office')) await sleep(5);
  assert.equal(removals.isLeaving('lab'), false);
  gate.reject(new Error('the network cannot be removed'));

  await assert.rejects(removing, /cannot be removed/);
  assert.deepEqual([removals.isLeaving('office'), await instanceNames(state)], [false, ['lab', 'office']]);
});

test('with the last machine the consent to rules for the computer itself goes, and not before', { skip }, async (t) => {
  const { state, removals, kinds, judged } = await installed(t);

  await removals.uninstall({ asker: ROOT, vms: ['office'], isConfirmed: true });
  assert.ok((await readHostPolicy(state))?.consent);
  assert.equal(judged.times, 0);
  await removals.uninstall({ asker: ROOT, vms: ['lab'], isConfirmed: true });

  assert.equal(await readHostPolicy(state), undefined);
  assert.equal(judged.times, 1, 'the computer is judged anew');
  assert.deepEqual(await kinds(), ['office uninstalled', 'lab uninstalled']);
});

test('what cannot be told or judged afterwards does not make a removal a failure', { skip }, async (t) => {
  const judge = () => Promise.reject(new Error('the packet filter does not answer'));
  const { state, removals } = await installed(t, { judge });
  mkdirSync(computerPaths(state).events);

  const removed = await removals.uninstall({ asker: ROOT, vms: ['office', 'lab'], isConfirmed: true });

  assert.deepEqual(
    removed.map(({ vm }) => vm),
    ['office', 'lab'],
  );
  assert.deepEqual(await instanceNames(state), []);
});

test('who waits for his turn with a machine that becomes another’s meanwhile does nothing to it', {
  skip,
}, async (t) => {
  const { state, changes, removals, housekeeping } = await installed(t);
  const [alice, bob] = [1001, 1002];
  const { file } = instancePaths(state, 'office');
  const give = async (owner: number) =>
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), owner }));
  await give(alice);

  const given = housekeeping.inTurn(() => give(bob));
  const late = [
    removals.uninstall({ asker: alice, vms: ['office'], isConfirmed: true }),
    changes.rollBack(alice, 'office'),
    changes.reimage(alice, 'office', { dataDisk: true, confirmed: true }),
    removals.uninstall({ asker: 'anybody', vms: ['lab', 'office'], isConfirmed: true }),
  ];
  await Promise.all(late.map((each) => assert.rejects(each, code('VM_UNKNOWN'))));

  await given;
  await removals.uninstall({ asker: bob, vms: ['office', 'lab'], isConfirmed: true });
});
