import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Runs } from '../../src/daemon/installs/set-aside.ts';
import { Snapshots } from '../../src/daemon/machines/snapshots.ts';
import { installedSpec } from '../../src/daemon/machines/spec.ts';
import { lossText, removable } from '../../src/install/change/back/uninstall.ts';
import { removeSnapshot, revertTo, takeSnapshot } from '../../src/install/snapshots/snapshot.ts';
import { mergeRemoved, settleSnapshots } from '../../src/install/snapshots/snapshot-settle.ts';
import { finishSnapshotWork } from '../../src/install/snapshots/snapshot-work.ts';
import { readSnapshots, snapshotIds } from '../../src/install/snapshots/snapshots.ts';
import { openInstance } from '../../src/install/state/instances.ts';
import { generationPaths, instancePaths, snapshotPaths } from '../../src/install/state/layout.ts';
import { ROOT } from '../../src/install/state/machine/owner.ts';
import { readReported, writeReported } from '../../src/install/state/machine/reported.ts';
import { AppError } from '../../src/lib/errors.ts';
import { rightsOf } from '../../src/policy/reading/rights.ts';
import { saveState } from '../../src/project/save.ts';
import { fileMark } from '../../src/sys/files/files.ts';
import { hasProgram, run } from '../../src/sys/programs/exec.ts';
import { chainName } from '../../src/sys/programs/qemu-img.ts';
import { code, computer } from '../fakes/made-computer.ts';
import { madeProject } from '../fakes/made-project.ts';
import { threeVersions, V1, V2 } from '../fakes/quarantine.ts';
import { serviceParts } from '../fakes/service-parts.ts';
import { change, copyOf, listing } from '../fakes/stopped.ts';

const skip = hasProgram('qemu-img') && hasProgram('swtpm') ? false : 'qemu-img or swtpm is not installed';
const ALLOWED = { snapshots: { enabled: true, most: 3 } };

/** A computer with a machine whose user may keep three states of it. */
async function installed(t: TestContext, policy: object = ALLOWED) {
  const project = await madeProject(t, 'Acme', Date.now(), { dataDiskMiB: 64, tpm: true });
  await project.setPolicy(policy);
  await project.setQuarantine(threeVersions());
  await saveState(project.folder, 'office', { format: 1, descriptor: V1 });
  const { install, state } = computer(t);
  await install((await project.build('one')).folder, { fingerprint: project.fingerprint });
  return { project, install, state };
}

/** The machine’s disks as it would be started with them. */
async function disks(state: string): Promise<{ system: string[]; data: string[] }> {
  const instance = await openInstance(state, 'office');
  const { files } = await installedSpec(state, instance, '/nowhere', {
    generation: instance.current.generation,
    isLocked: false,
  });
  return { system: [...files.layers, files.overlay], data: [...(files.dataLayers ?? []), files.data ?? ''] };
}

/** Where the machine’s TPM keeps its state. */
async function tpmOf(state: string): Promise<string> {
  const { generation } = (await openInstance(state, 'office')).current;
  return join(generationPaths(state, 'office', generation).tpm, 'tpm2-00.permall');
}

/** Writes a byte to the beginning of both disks and to its TPM, as the machine would. */
async function write(state: string, byte: number): Promise<void> {
  for (const files of Object.values(await disks(state))) {
    const name = chainName(files).replace(/^json:/, '');
    await run('qemu-io', ['-c', `write -P ${byte} 0 64k`, `json:${name}`]);
  }
  const tpm = await tpmOf(state);
  mkdirSync(dirname(tpm), { recursive: true });
  writeFileSync(tpm, `${byte}`);
  await writeReported(state, 'office', 1, { descriptor: byte % 2 === 1 ? V1 : V2, origin: 'guest' });
}

/** What is to be seen of a machine: the first byte of both disks, and its version; all of the same moment. */
async function seen(state: string): Promise<string> {
  const bytes: number[] = [];
  for (const files of Object.values(await disks(state))) {
    const { stdout } = await run('qemu-io', ['-r', '-c', 'read -v 0 1', chainName(files)]);
    bytes.push(Number.parseInt(/^00000000: {2}(..)/m.exec(stdout)?.[1] ?? '', 16));
  }
  const tpm = await tpmOf(state);
  if (existsSync(tpm)) assert.equal(readFileSync(tpm, 'utf8'), `${bytes[0]}`, 'its TPM is of the same moment');
  const { generation } = (await openInstance(state, 'office')).current;
  const { descriptor } = (await readReported(state, 'office', generation)) ?? {};
  return `${bytes.join(' ')} ${descriptor}`;
}

function service(state: string, running = new Map<string, number>(), machine?: ReturnType<Runs['ifRunning']>) {
  const parts = serviceParts(state, { running });
  const snapshots = new Snapshots({
    ...{ state, ...parts, now: async () => Date.now() },
    runs: { ifRunning: () => machine, goOn: async () => undefined },
    rights: async ({ current }) => rightsOf(current.machine.policy.policy),
  });
  return { ...parts, snapshots };
}

const names = async (state: string) => (await readSnapshots(state, 'office')).map(({ name }) => name);
const take = (state: string, name: string, now = Date.now()) => takeSnapshot(state, 'office', { name, now });

test('both disks and the version are kept as one state, and gone back to as one, as often as is wanted', {
  skip,
}, async (t) => {
  const { state } = await installed(t);
  const { snapshots, events } = service(state);
  await write(state, 1);
  await snapshots.take('anybody', 'office', { name: 'first', description: 'before the game' });
  await write(state, 2);
  await snapshots.take('anybody', 'office', { name: 'second' });
  await write(state, 4);

  const answer = await snapshots.revert('anybody', 'office', 'first', true);
  assert.equal(await seen(state), `1 1 ${V1}`);
  assert.deepEqual(
    answer.snapshots.map(({ name, description, isPresent, generation }) => [name, description, isPresent, generation]),
    [
      ['first', 'before the game', true, 1],
      ['second', undefined, undefined, 1],
    ],
  );
  await write(state, 6);
  await snapshots.revert('anybody', 'office', 'second', true);
  assert.equal(await seen(state), `2 2 ${V2}`);
  await snapshots.revert('anybody', 'office', 'first', true);
  assert.equal(await seen(state), `1 1 ${V1}`);
  const told = (await events.last(9)).map(({ kind, text }) => `${kind}: ${text}`);
  assert.deepEqual(told.slice(0, 3), [
    'snapshot: “first” was taken, of generation 1',
    'snapshot: “second” was taken, of generation 1',
    'snapshot: back to “first”, of generation 1',
  ]);
});

test('SNAPSHOT_CONFIRM: what would be lost is named first, and nothing is changed', { skip }, async (t) => {
  const { state } = await installed(t);
  const { snapshots } = service(state);
  await write(state, 1);
  await snapshots.take('anybody', 'office', { name: 'first' });
  await write(state, 2);

  await assert.rejects(snapshots.revert('anybody', 'office', 'first', false), code('SNAPSHOT_CONFIRM'));
  await assert.rejects(snapshots.remove('anybody', 'office', 'first', false), code('SNAPSHOT_CONFIRM'));
  assert.equal(await seen(state), `2 2 ${V2}`);
  assert.deepEqual(await names(state), ['first']);
  await snapshots.take('anybody', 'office', { name: 'kept' });
  await snapshots.revert('anybody', 'office', 'first', true);
  await snapshots.revert('anybody', 'office', 'kept', true);
  assert.equal(await seen(state), `2 2 ${V2}`, 'what the remedy says has kept it');
});

test('SNAPSHOT_FORBIDDEN: who may keep none is told so; a policy lets him', { skip }, async (t) => {
  const { project, install, state } = await installed(t, {});
  const { snapshots } = service(state);
  await assert.rejects(snapshots.take('anybody', 'office', { name: 'first' }), code('SNAPSHOT_FORBIDDEN'));
  await take(state, 'one from before');
  await assert.rejects(snapshots.revert('anybody', 'office', 'one from before', true), code('SNAPSHOT_FORBIDDEN'));
  assert.equal((await snapshots.list('anybody', 'office')).most, 0);
  await snapshots.remove('anybody', 'office', 'one from before', true);

  await project.setPolicy(ALLOWED);
  await install((await project.build('two')).folder, { replace: true });

  assert.equal((await snapshots.take('anybody', 'office', { name: 'first' })).most, 3);
});

test('SNAPSHOT_FULL, SNAPSHOT_TAKEN, SNAPSHOT_UNKNOWN: as many as policy says, by names; their remedies help', {
  skip,
}, async (t) => {
  const { state } = await installed(t);
  const { snapshots } = service(state);
  for (const name of ['a', 'b', 'c']) await snapshots.take('anybody', 'office', { name });
  await assert.rejects(snapshots.take('anybody', 'office', { name: 'd' }), code('SNAPSHOT_FULL'));
  await snapshots.remove('anybody', 'office', 'b', true);
  await assert.rejects(snapshots.take('anybody', 'office', { name: 'a' }), code('SNAPSHOT_TAKEN'));
  await snapshots.take('anybody', 'office', { name: 'd' });
  await assert.rejects(snapshots.revert('anybody', 'office', 'b', true), code('SNAPSHOT_UNKNOWN'));
  const [first] = (await snapshots.list('anybody', 'office')).snapshots;
  await snapshots.revert('anybody', 'office', first?.name ?? '', true);
});

test('a machine that runs, and another user’s, have none taken and are not put back', { skip }, async (t) => {
  const { state } = await installed(t);
  await write(state, 1);
  await take(state, 'first');
  const { snapshots } = service(state, new Map([['office', 1]]));
  await assert.rejects(snapshots.take('anybody', 'office', { name: 'x' }), code('VM_RUNNING'));
  await assert.rejects(snapshots.revert('anybody', 'office', 'first', true), code('VM_RUNNING'));
  await assert.rejects(snapshots.list('anybody', 'other'), code('VM_UNKNOWN'));
  await snapshots.remove('anybody', 'office', 'first', true);
  assert.equal(await seen(state), `1 1 ${V1}`, 'what the machine stands on stays while it runs');
});

test('what was removed while a machine ran is bounded, and merged when it is booted again', { skip }, async (t) => {
  const { state } = await installed(t);
  await write(state, 1);
  const suspended = () => Promise.reject(new AppError('DISK_FULL', 'it is suspended for it'));
  const machine = { spec: { generation: 1 }, suspend: suspended } as unknown as ReturnType<Runs['ifRunning']>;
  const { snapshots } = service(state, new Map([['office', 1]]), machine);
  for (let at = 0; at < 16; at += 1) {
    await assert.rejects(snapshots.take('anybody', 'office', { name: 'x' }), code('DISK_FULL'), `the ${at + 1}th`);
    await take(state, 'gone');
    await snapshots.remove('anybody', 'office', 'gone', true);
  }
  const full = await snapshots.take('anybody', 'office', { name: 'x' }).catch((error) => error);
  assert.equal(full.code, 'SNAPSHOT_FULL');
  assert.match(full.message, /16 snapshots of office were removed while it ran/);

  const again = service(state).snapshots;
  await again.mergeOpened(await openInstance(state, 'office'), {});
  assert.deepEqual(await snapshotIds(state, 'office'), []);
  assert.equal(await seen(state), `1 1 ${V1}`);
});

test('of a suspended machine the memory is kept too; going back it is suspended again, on the disks that it has then', {
  skip,
}, async (t) => {
  const { state } = await installed(t);
  const { snapshots } = service(state);
  await write(state, 1);
  const suspend = async (words: string) => {
    const { suspended, memory, overlay } = generationPaths(state, 'office', 1);
    const { data } = instancePaths(state, 'office');
    const files = await Promise.all(
      [overlay, data].map(async (path, at) => ({ name: `disk ${at}`, ...(await fileMark(path)) })),
    );
    writeFileSync(memory, words);
    writeFileSync(suspended, JSON.stringify({ format: 1, files, qemu: '7', comesBack: true }));
  };
  const fits = async (how: object = {}) => {
    const { suspended, memory, overlay } = generationPaths(state, 'office', 1);
    const { files, ...noted } = JSON.parse(readFileSync(suspended, 'utf8'));
    assert.deepEqual(noted, { format: 1, qemu: '7', ...how });
    const paths = [overlay, instancePaths(state, 'office').data];
    for (const [at, path] of paths.entries())
      assert.deepEqual(files[at], { name: `disk ${at}`, ...(await fileMark(path)) });
    return readFileSync(memory, 'utf8');
  };
  await suspend('first');
  await snapshots.take('anybody', 'office', { name: 'a' });
  assert.equal(await fits({ comesBack: true }), 'first', 'it is suspended as before');
  const { suspended, memory } = generationPaths(state, 'office', 1);
  for (const path of [suspended, memory]) rmSync(path);
  await write(state, 2);
  await snapshots.take('anybody', 'office', { name: 'b' });
  await suspend('second');
  await snapshots.remove('anybody', 'office', 'b', true);
  assert.equal(
    (await snapshotIds(state, 'office')).length,
    2,
    'the disks of a suspended machine stay the files that they are',
  );

  const {
    snapshots: [kept],
  } = await snapshots.revert('anybody', 'office', 'a', true);
  assert.equal(kept?.withMemory, true);
  assert.equal(await fits(), 'first');
  assert.equal(await seen(state), `1 1 ${V1}`);
  await write(state, 4);
  await assert.rejects(
    snapshots.take('anybody', 'office', { name: 'c' }),
    code('VM_SUSPENDED'),
    'it does not fit any more',
  );
});

test('of a removed one no memory is left, although the machine runs on its disks', { skip }, async (t) => {
  const { state } = await installed(t);
  const { snapshots } = service(state, new Map([['office', 1]]));
  await take(state, 'a', 1);
  const [id = ''] = await snapshotIds(state, 'office');
  const { note, memory, system } = snapshotPaths(state, 'office', id);
  for (const path of [note, memory]) writeFileSync(path, 'what was on its screen');

  await snapshots.remove('anybody', 'office', 'a', true);

  assert.deepEqual([system, note, memory].map(existsSync), [true, false, false]);
  // A service that is killed there has removed the snapshot, and not yet what was in memory; no disk is to be made one of others yet.
  await write(state, 2);
  await take(state, 'b', 2);
  writeFileSync(memory, 'what was on its screen');
  await settleSnapshots(state, 'office');
  assert.deepEqual([system, memory].map(existsSync), [true, false]);
});

test('SNAPSHOT_UPDATING: none is taken while something is installed; afterwards it is', { skip }, async (t) => {
  const { project, state } = await installed(t);
  const { snapshots, installs, housekeeping } = service(state);
  const { folder } = await project.build('two');
  const request = { source: folder, replace: true, keepOld: false };
  const installing = installs.install(0, request, new AbortController().signal, () => undefined);
  let failure: unknown;
  // It is begun once its turn has come.
  while (failure === undefined && !housekeeping.isInstalling) await new Promise(setImmediate);
  await snapshots.take('anybody', 'office', { name: 'x' }).catch((error: unknown) => {
    failure = error;
  });
  assert.equal((failure as { code?: string }).code, 'SNAPSHOT_UPDATING');
  await installing;
  await snapshots.take('anybody', 'office', { name: 'x' });
});

test('a removed one leaves its place as soon as nothing stands on its disks, and all others are as they were', {
  skip,
}, async (t) => {
  const { state } = await installed(t);
  const { snapshots } = service(state);
  await write(state, 1);
  await snapshots.take('anybody', 'office', { name: 'a' });
  await write(state, 2);
  await snapshots.take('anybody', 'office', { name: 'b' });
  await write(state, 4);
  await snapshots.take('anybody', 'office', { name: 'c' });
  await snapshots.revert('anybody', 'office', 'a', true);
  await write(state, 6);

  await snapshots.remove('anybody', 'office', 'b', true);
  assert.equal((await snapshotIds(state, 'office')).length, 2, 'c has taken its disks over');
  await snapshots.remove('anybody', 'office', 'a', true);
  assert.equal((await snapshotIds(state, 'office')).length, 2, 'two stand on a, which stays out of sight');
  assert.deepEqual(await names(state), ['c']);
  assert.equal(await seen(state), `6 6 ${V2}`);
  await snapshots.revert('anybody', 'office', 'c', true);
  assert.equal(await seen(state), `4 4 ${V2}`);
  await snapshots.remove('anybody', 'office', 'c', true);
  assert.deepEqual(await snapshotIds(state, 'office'), []);
  assert.equal(existsSync(instancePaths(state, 'office').dataBelow), false);
  assert.equal(await seen(state), `4 4 ${V2}`);
  const { system, data } = await disks(state);
  assert.deepEqual([system.length, data.length], [2, 1], 'a layer and the overlay, as after the installation');
});

for (const [title, words, before] of [
  ['taken', ['snapshot', 'office', 'new'], 2],
  ['gone back to', ['revert', 'office', 'a'], 2],
  ['merged', ['merge', 'office', 'b'], 2],
] as const)
  test(`killed at any step while one is ${title}, the machine has its former state or its new one, all parts of it`, {
    skip,
  }, async (t) => {
    const { state } = await installed(t);
    await write(state, 1);
    await take(state, 'a', 1);
    await write(state, 4);
    await take(state, 'b', 2);
    await write(state, before);
    const whole = copyOf(t, state);
    const steps = await change(whole, '-', words);
    assert.ok(steps.length > 2);
    const after = await seen(whole);
    const namesAfter = await names(whole);
    for (const step of steps)
      await t.test(`killed after “${step}”`, async (sub) => {
        const copy = copyOf(sub, state);
        await change(copy, step, words);
        await finishSnapshotWork(copy, 'office');
        const [now, found] = [await seen(copy), await names(copy)];
        const isFormer = now === `2 2 ${V2}` && found.length === 2;
        assert.ok(isFormer || (now === after && found.join() === namesAfter.join()), `${now}, ${found}`);
        if (found.includes('a')) {
          await revertTo(copy, 'office', 'a');
          assert.equal(await seen(copy), `1 1 ${V1}`);
        }
        await mergeRemoved(copy, 'office');
        const left = listing(copy).filter((path) => /snapshot-work|next-|\.tmp/.test(path));
        assert.deepEqual(left, []);
      });
  });

test('an update keeps snapshots, with the layers they need; going back is going back to that generation', {
  skip,
}, async (t) => {
  const { project, install, state } = await installed(t);
  const { snapshots, housekeeping } = service(state);
  await write(state, 1);
  await snapshots.take('anybody', 'office', { name: 'november' });
  await project.changeDisk(0);
  await install((await project.build('two')).folder, { replace: true });
  await housekeeping.tidy();
  assert.equal((await openInstance(state, 'office')).current.generation, 2);

  await snapshots.revert('anybody', 'office', 'november', true);

  assert.equal((await openInstance(state, 'office')).current.generation, 1);
  assert.equal(await seen(state), `1 1 ${V1}`, 'its version went back with it');
  await housekeeping.tidy();
  assert.equal(await seen(state), `1 1 ${V1}`);
});

test('SNAPSHOT_ENCRYPTED: an update that would encrypt its disks is refused while it has snapshots', {
  skip,
}, async (t) => {
  const { project, install, state } = await installed(t);
  const { snapshots } = service(state);
  await write(state, 1);
  await snapshots.take('anybody', 'office', { name: 'november' });
  await project.setPolicy({
    authentication: { type: 'password', contents: [] },
    encryption: { disks: true, configuration: false, recovery: false },
  });
  const { folder } = await project.build('two');

  await assert.rejects(install(folder, { replace: true }), code('SNAPSHOT_ENCRYPTED'));
  assert.equal(await seen(state), `1 1 ${V1}`, 'nothing was changed');

  await snapshots.remove('anybody', 'office', 'november', true);
  await install(folder, { replace: true });
  assert.equal((await openInstance(state, 'office')).current.generation, 2);
  await assert.rejects(take(state, 'december', 3), code('SNAPSHOT_UNWRITTEN'), 'they are encrypted at its next start');
});

test('one below what the project demands by now stays, and cannot be gone back to', { skip }, async (t) => {
  const { project, install, state } = await installed(t);
  const { snapshots, installs } = service(state);
  await snapshots.take('anybody', 'office', { name: 'november' });
  const { folder } = await project.build('two', { minGeneration: 2 });
  const request = { source: folder };
  const plan = await installs.foresee(0, request, new AbortController().signal);
  assert.deepEqual(plan.machines[0]?.unusable, ['november'], 'it is said beforehand');
  await install(folder, { replace: true });

  await assert.rejects(snapshots.revert('anybody', 'office', 'november', true), code('TRUST_FLOOR'));
  const [only] = (await snapshots.list('anybody', 'office')).snapshots;
  assert.equal(only?.unusable?.code, 'TRUST_FLOOR');
  assert.equal((await openInstance(state, 'office')).current.generation, 2);
});

test('an update says beforehand that a suspended machine could not go on after it', { skip }, async (t) => {
  const { project, state } = await installed(t);
  const { installs } = service(state);
  const { folder } = await project.build('two');
  const foreseen = async () => {
    const { machines } = await installs.foresee(0, { source: folder }, new AbortController().signal);
    return machines.map(({ vm, losesMemory }) => [vm, losesMemory]);
  };
  assert.deepEqual(await foreseen(), [['office', undefined]]);
  writeFileSync(generationPaths(state, 'office', 1).suspended, '{}');
  assert.deepEqual(await foreseen(), [['office', true]]);
});

test('an uninstallation says beforehand which snapshots and what suspended memory go with it', { skip }, async (t) => {
  const { state } = await installed(t);
  await take(state, 'first');
  writeFileSync(generationPaths(state, 'office', 1).suspended, '{}');
  const said = lossText(await removable(state, ['office'], ROOT));
  assert.equal(said, 'office with its data disk and its 1 snapshot and what it was suspended with');
});

test('putting the machine back to how it was installed leaves snapshots, and stands on none', { skip }, async (t) => {
  const { state } = await installed(t, { ...ALLOWED, reimage: { enabled: true } });
  const { snapshots, changes } = service(state);
  await write(state, 1);
  await snapshots.take('anybody', 'office', { name: 'a' });
  await changes.reimage('anybody', 'office', { dataDisk: true, confirmed: true });
  const { system, data } = await disks(state);
  assert.deepEqual([system.length, data.length], [2, 1]);
  assert.equal(existsSync(await tpmOf(state)), false, 'its next start makes a new TPM');
  await snapshots.revert('anybody', 'office', 'a', true);
  assert.ok(existsSync(await tpmOf(state)));
  assert.equal(await seen(state), `1 1 ${V1}`);
});

test('the disks of a snapshot are not copied: what it takes has nothing to do with their size', { skip }, async (t) => {
  const { state } = await installed(t);
  await write(state, 1);
  const before = statSync((await disks(state)).data[0] ?? '').ino;
  await take(state, 'a');
  assert.equal(statSync((await disks(state)).data[0] ?? '').ino, before, 'the very file is what the new one stands on');
});

test('a disk of a snapshot that is lost is said, and the machine is not started without it', { skip }, async (t) => {
  const { state } = await installed(t);
  await take(state, 'a');
  appendFileSync(instancePaths(state, 'office').dataBelow, '{');
  await assert.rejects(disks(state), code('STATE_DAMAGED'));
  await removeSnapshot(state, 'office', 'a');
  await mergeRemoved(state, 'office');
  assert.equal(
    (await snapshotIds(state, 'office')).length,
    1,
    'nothing is thrown away while it cannot be told what is needed',
  );
});
