import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { BIN } from '../../lab/programs.ts';
import type { HardwareRequest } from '../../src/api/hardware.ts';
import { Administration } from '../../src/daemon/machines/administration.ts';
import { installedSpec } from '../../src/daemon/machines/spec.ts';
import { reimage } from '../../src/install/change/back/reimage.ts';
import { rollBack } from '../../src/install/change/back/rollback.ts';
import { openInstance } from '../../src/install/state/instances.ts';
import { computerPaths, generationPaths, instancePaths } from '../../src/install/state/layout.ts';
import { readPolicy, writePolicy } from '../../src/install/state/policies.ts';
import { changeHardware } from '../../src/manager/machines/machines.ts';
import { newAdministratorAccess } from '../../src/manager/policies/administrator-access.ts';
import { Authentication } from '../../src/policy/authentication.ts';
import type { MachinePolicy } from '../../src/policy/schema.ts';
import { vmPaths } from '../../src/project/layout.ts';
import { EventLog } from '../../src/run/computer/events.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { ended, failureIn } from '../fakes/command-line.ts';
import { code, computer } from '../fakes/made-computer.ts';
import { madeProject } from '../fakes/made-project.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';
const NOW = Date.parse('2026-01-10T12:00:00Z');
const PASSWORD = 'nine blue horses';
const SIZE = { memoryMiB: 4096, cpus: 4 };
const PACKAGED = { memoryMiB: 64, cpus: 1 };

/** A computer that has 4 GiB and four processors, with a machine whose policy has an administrator’s password, or not. */
async function installed(t: TestContext, password = PASSWORD) {
  const project = await madeProject(t);
  const access = password === '' ? {} : { administratorAccess: await newAdministratorAccess(password) };
  await project.setPolicy({ reimage: { enabled: true }, ...access });
  const { install, state } = computer(t);
  await install((await project.build('one')).folder, { fingerprint: project.fingerprint });
  const at = { clock: NOW };
  /** As a service of its own would be asked. */
  const ask = (request: HardwareRequest) =>
    new Administration({
      ...{ state, size: SIZE, clock: () => at.clock, events: new EventLog(computerPaths(state).events) },
      policyOf: async () => (await readPolicy(state, 'office')).document.policy,
      inTurn: (work) => work(),
    }).hardware('office', request);
  const change = (wanted: HardwareRequest['change'] = {}) => ask({ password: PASSWORD, change: wanted });
  /** What the next start has. */
  const hardware = async () => {
    const instance = await openInstance(state, 'office');
    const { memoryMiB, cpus } = await installedSpec(state, instance, join(state, 'run'), {
      generation: instance.current.generation,
      isLocked: false,
    });
    return { memoryMiB, cpus };
  };
  const events = () => readFileSync(computerPaths(state).events, 'utf8');
  return { project, install, state, at, ask, change, hardware, events };
}

test('who knows the administrator’s password looks at the hardware and changes it, from the next start on; HARDWARE_TOO_MUCH: no more than the computer has', {
  skip,
}, async (t) => {
  const { ask, change, hardware, events } = await installed(t);
  assert.deepEqual(await ask({ password: PASSWORD }), { vm: 'office', ...PACKAGED, packaged: PACKAGED, most: SIZE });

  assert.deepEqual((await change({ memoryMiB: 2048 })).packaged, PACKAGED);
  await change({ cpus: 4 });
  assert.deepEqual(await hardware(), { memoryMiB: 2048, cpus: 4 });
  for (const much of [{ memoryMiB: 4097 }, { cpus: 5 }])
    await assert.rejects(change(much), (error: Error) => {
      assert.ok('code' in error && error.code === 'HARDWARE_TOO_MUCH');
      assert.match(error.message, /this computer has 4096 MiB of memory, 4 processors$/);
      return true;
    });
  assert.deepEqual(await hardware(), { memoryMiB: 2048, cpus: 4 });
  await change(SIZE);
  assert.deepEqual(await hardware(), SIZE);
  await ask({ password: PASSWORD, asPackaged: true });
  assert.deepEqual(await hardware(), PACKAGED);
  assert.match(
    events(),
    /"kind":"hardware","text":"the administrator changed its hardware: 2048 MiB of memory, 1 proc/,
  );
});

test('ADMIN_NEEDED, wrong ones are told, counted by the next service too, and slowed down; the right one then works', {
  skip,
}, async (t) => {
  const { ask, at, events, hardware, state } = await installed(t);
  await assert.rejects(ask({ change: { cpus: 2 } }), code('ADMIN_NEEDED'));
  for (const password of ['a', 'b', ' nine blue horses'])
    await assert.rejects(ask({ password, change: { cpus: 2 } }), code('PASSWORD_WRONG'));
  await assert.rejects(ask({ password: PASSWORD, change: { cpus: 2 } }), code('PASSWORD_PAUSE'));
  assert.deepEqual(await hardware(), PACKAGED);
  assert.match(events(), /"kind":"password","text":"a wrong administrator’s password was given"/);

  at.clock = NOW + 2000;
  await assert.rejects(ask({ password: 'd' }), code('PASSWORD_WRONG'));
  at.clock += 3999;
  await assert.rejects(ask({ password: PASSWORD }), code('PASSWORD_PAUSE'));
  at.clock += 1;
  await ask({ password: `${PASSWORD}\n`, change: { cpus: 2 } });
  assert.deepEqual(await hardware(), { memoryMiB: 64, cpus: 2 });
  assert.ok(!existsSync(instancePaths(state, 'office').administrator));
});

test('a guess is counted before it is looked at: a service killed meanwhile has counted it', { skip }, async (t) => {
  const { ask, state } = await installed(t);
  const guess = ask({ password: 'wrong' });
  guess.catch(() => undefined);
  const { administrator } = instancePaths(state, 'office');
  while (!existsSync(administrator)) await new Promise(setImmediate);
  const killedNow = readFileSync(administrator, 'utf8');
  await assert.rejects(guess, code('PASSWORD_WRONG'));
  assert.equal(JSON.parse(killedNow).wrong.count, 1);
});

test('ADMIN_NONE: without a password in the policy nobody gets in; a package of policies brings one, changes it and takes it away', {
  skip,
}, async (t) => {
  const { ask, project, install } = await installed(t, '');
  await assert.rejects(ask({ password: '' }), code('ADMIN_NONE'));
  let packages = 0;
  const brings = async (policy: Partial<MachinePolicy>) => {
    packages += 1;
    await project.setPolicy(policy);
    await install((await project.build(`policies-${packages}`, { kind: 'policy' })).folder);
  };
  await brings({ administratorAccess: await newAdministratorAccess(PASSWORD) });
  await ask({ password: PASSWORD, change: { cpus: 2 } });
  await brings({ administratorAccess: await newAdministratorAccess('seven red foxes') });
  await assert.rejects(ask({ password: PASSWORD }), code('PASSWORD_WRONG'));
  assert.equal((await ask({ password: 'seven red foxes' })).cpus, 2, 'a package of policies keeps the hardware');
});

test('another generation has its package’s hardware, one that is gone back to what was made of it; reimage makes it as packaged', {
  skip,
}, async (t) => {
  const { change, hardware, project, install, state } = await installed(t);
  await change({ cpus: 3 });
  await install((await project.build('two')).folder, { replace: true, keepOld: true });
  assert.deepEqual(await hardware(), PACKAGED);
  await rollBack(state, 'office');
  assert.deepEqual(await hardware(), { memoryMiB: 64, cpus: 3 });
  await reimage(state, 'office', { dataDisk: false });
  assert.deepEqual(await hardware(), PACKAGED);
});

test('ADMIN_SUSPENDED: the hardware of a suspended machine stays, for it goes on with that; once it is not, it changes', {
  skip,
}, async (t) => {
  const { ask, change, hardware, state } = await installed(t);
  const { suspended } = generationPaths(state, 'office', 1);
  writeFileSync(suspended, '{}');
  await assert.rejects(change({ cpus: 2 }), code('ADMIN_SUSPENDED'));
  assert.deepEqual(await hardware(), PACKAGED);
  await ask({ password: PASSWORD });

  rmSync(suspended);
  await change({ cpus: 2 });
  assert.deepEqual(await hardware(), { memoryMiB: 64, cpus: 2 });
});

test('fact 39: an encrypted machine has no administrator access: no such policy is made, and one that is here lets nobody in; ADMIN_ENCRYPTED: what its remedy says is done, and works', {
  skip,
}, async (t) => {
  const { project, ask, install, state, hardware } = await installed(t);
  const before = await readPolicy(state, 'office');
  const encrypted = {
    encryption: { disks: true, configuration: false, recovery: false },
    authentication: Authentication.parse({ type: 'password' }),
  };
  const policy = { ...before.document.policy, ...encrypted };
  await writePolicy(state, 'office', { ...before, document: { ...before.document, policy } });
  await assert.rejects(ask({ password: PASSWORD, change: { cpus: 2 } }), code('ADMIN_ENCRYPTED'));
  assert.deepEqual(await hardware(), PACKAGED);

  await assert.rejects(project.setPolicy(encrypted), {
    code: 'POLICY_INVALID',
    message: /administratorAccess is not for machines whose disks are encrypted/,
  });

  await changeHardware(project.folder, 'office', { cpus: 2 });
  await install((await project.build('two')).folder, { replace: true });
  assert.deepEqual(await hardware(), { memoryMiB: 64, cpus: 2 });
});

test('the command line sets the password, which is not in the policy, and takes it away; one that is easy to guess is none', {
  skip,
}, async (t) => {
  const { project, install, hardware, change } = await installed(t, '');
  const manager = ['-C', project.folder, 'policy', 'administrator-access', 'office'];
  const set = (word: string, line: string) =>
    given(line, 'lazaret-manager', ...manager, word, '--password-fd', '0', '--json');
  const { policy: path } = vmPaths(project.folder, 'office');
  assert.equal(failureIn(await set('on', 'short')).code, 'USAGE');
  assert.doesNotMatch(readFileSync(path, 'utf8'), /administratorAccess/);

  assert.equal((await set('on', PASSWORD)).status, 0);
  const written = readFileSync(path, 'utf8');
  assert.match(written, /administratorAccess:\n {2}verifier:\n {4}work: 1[5-8]\n/);
  assert.doesNotMatch(written, /horses/);
  await install((await project.build('policies', { kind: 'policy' })).folder);
  await change({ cpus: 2 });
  assert.deepEqual(await hardware(), { memoryMiB: 64, cpus: 2 });

  assert.equal((await set('off', '')).status, 0);
  assert.doesNotMatch(readFileSync(path, 'utf8'), /administratorAccess/);
});

/** One of our programs that has a line on its standard input. */
function given(line: string, name: string, ...args: string[]) {
  return ended(['sh', '-c', 'line=$1; shift; printf "%s\\n" "$line" | "$@"', 'sh', line, join(BIN, name), ...args]);
}

test('the line end that the administrator’s password was set with is none of it', { skip }, async (t) => {
  const { ask } = await installed(t, `${PASSWORD}\n`);
  assert.equal((await ask({ password: PASSWORD })).vm, 'office');
});
