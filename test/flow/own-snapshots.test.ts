import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openInstance } from '../../src/install/state/instances.ts';
import { chainFiles } from '../../src/install/state/machine/chain.ts';
import { LONGEST_CHAIN } from '../../src/layer/chain/flatten-chain.ts';
import { AppError } from '../../src/lib/errors.ts';
import { exportMachine } from '../../src/manager/machines/export-machine.ts';
import { removeMachine } from '../../src/manager/machines/machines.ts';
import {
  listSnapshots,
  MOST_SNAPSHOTS,
  removeSnapshot,
  revertSnapshot,
  takeSnapshot,
} from '../../src/manager/machines/snapshots.ts';
import { publishedManifests } from '../../src/package/build/published.ts';
import { layersBelowWork, releaseDisk } from '../../src/package/build/releases.ts';
import { projectPaths, vmPaths } from '../../src/project/layout.ts';
import { takeVmLock } from '../../src/project/make.ts';
import { openProject, vmNamed } from '../../src/project/open.ts';
import { saveState } from '../../src/project/save.ts';
import { readStanding, standsOnFiles } from '../../src/project/snapshots/standing.ts';
import { fileMark } from '../../src/sys/files/files.ts';
import { hasProgram, run } from '../../src/sys/programs/exec.ts';
import { chainName, makeDiskOnce } from '../../src/sys/programs/qemu-img.ts';
import { failureIn, program } from '../fakes/command-line.ts';
import { code, computer } from '../fakes/made-computer.ts';
import { madeProject, scratch } from '../fakes/made-project.ts';
import { change, copyOf, filesIn } from '../fakes/stopped.ts';
import { until } from '../system/net/until.ts';

const skip = hasProgram('qemu-img') && hasProgram('qemu-io') ? false : 'qemu-img or qemu-io is not installed';

/** A project with a machine that its administrator has started once: it has a data disk, variables and a TPM. */
async function started(t: TestContext) {
  const project = await madeProject(t, 'Acme', Date.now(), { dataDiskMiB: 64, tpm: true, firmware: 'uefi' });
  await makeDiskOnce(vmPaths(project.folder, 'office').data, 64 << 20);
  return project;
}

async function systemDisk(folder: string): Promise<string[]> {
  return [...(await layersBelowWork(folder, 'office')), vmPaths(folder, 'office').work];
}

async function dataDisk(folder: string): Promise<string[]> {
  const { data } = vmPaths(folder, 'office');
  return existsSync(data) ? [...((await standsOnFiles(folder, 'office', 'data')) ?? []), data] : [];
}

/** Changes every part of the machine, as running it would. */
async function write(folder: string, byte: number): Promise<void> {
  for (const files of [await systemDisk(folder), await dataDisk(folder)])
    if (files.length > 0) await run('qemu-io', ['-c', `write -P ${byte} 0 64k`, chainName(files)]);
  const { tpm, variables, seed } = vmPaths(folder, 'office');
  for (const path of [join(tpm, 'tpm2-00.permall'), variables, seed]) {
    mkdirSync(dirname(path), { recursive: true });
    rmSync(path, { force: true });
    writeFileSync(path, `${byte}`);
  }
  await saveState(folder, 'office', { format: 1, descriptor: `0x0${byte}` });
}

/** What is to be seen of it; all parts are of the same moment. */
async function seen(folder: string): Promise<string> {
  const bytes: number[] = [];
  for (const files of [await systemDisk(folder), await dataDisk(folder)]) {
    if (files.length === 0) continue;
    const { stdout } = await run('qemu-io', ['-r', '-c', 'read -v 0 1', chainName(files)]);
    bytes.push(Number.parseInt(/^00000000: {2}(..)/m.exec(stdout)?.[1] ?? '', 16));
  }
  const { tpm, variables, seed } = vmPaths(folder, 'office');
  const files = [join(tpm, 'tpm2-00.permall'), variables, seed].filter(existsSync);
  const { descriptor } = vmNamed(await openProject(folder), 'office').state;
  return [...bytes, ...files.map((path) => readFileSync(path, 'utf8')), descriptor].join(' ');
}

const whole = (byte: number) => `${byte} ${byte} ${byte} ${byte} ${byte} 0x0${byte}`;
const take = (folder: string, name: string) => takeSnapshot(folder, 'office', { name });
const revert = (folder: string, name: string) => revertSnapshot(folder, 'office', name);
const names = async (folder: string) => (await listSnapshots(folder, 'office')).map(({ name }) => name);

/** Whoever uses the machine next takes its lock; the one who was killed has it until the program that holds it for him has noticed. */
async function broughtToItsEnd(folder: string): Promise<void> {
  const project = await openProject(folder);
  await until(async () => {
    try {
      await (await takeVmLock(project, 'office'))[Symbol.asyncDispose]();
      return true;
    } catch (error) {
      if (error instanceof AppError && error.code === 'VM_RUNNING') return false;
      throw error;
    }
  });
}

test('disks, version, variables, TPM and seed are kept as one state, and gone back to as one, as often as is wanted', {
  skip,
}, async (t) => {
  const { folder } = await started(t);
  await write(folder, 1);
  await takeSnapshot(folder, 'office', { name: 'first', description: 'before the game' });
  await write(folder, 2);
  await take(folder, 'second');
  await write(folder, 4);

  await revert(folder, 'first');
  assert.equal(await seen(folder), whole(1));
  assert.deepEqual(
    (await listSnapshots(folder, 'office')).map(({ name, description, isPresent }) => [name, description, isPresent]),
    [
      ['first', 'before the game', true],
      ['second', undefined, undefined],
    ],
  );
  await write(folder, 6);
  await revert(folder, 'second');
  assert.equal(await seen(folder), whole(2));
  await revert(folder, 'first');
  assert.equal(await seen(folder), whole(1));
});

test('what there was not at that time is gone again', { skip }, async (t) => {
  const { folder } = await madeProject(t, 'Acme', Date.now(), { dataDiskMiB: 64, tpm: true, firmware: 'uefi' });
  await take(folder, 'new');
  await makeDiskOnce(vmPaths(folder, 'office').data, 64 << 20);
  await write(folder, 1);
  const { suspended, memory, toolsDisc } = vmPaths(folder, 'office');
  for (const path of [suspended, memory, toolsDisc]) writeFileSync(path, '');

  await revert(folder, 'new');

  const { data, variables, tpm, seed, state } = vmPaths(folder, 'office');
  assert.deepEqual(
    [data, variables, tpm, seed, state, suspended, memory, toolsDisc].filter((path) => existsSync(path)),
    [],
  );
});

test('the command line keeps, lists, goes back and removes; what is lost is confirmed', { skip }, async (t) => {
  const { folder } = await started(t);
  await write(folder, 1);
  const vm = (...args: string[]) =>
    program('lazaret-manager', ['--directory', folder, 'vm', 'snapshot', ...args, '--json']);
  const listed = async () => {
    const { status, stdout } = await vm('list', 'office');
    assert.equal(status, 0);
    return JSON.parse(stdout).snapshots.map(({ name, description }: Record<string, string>) => [name, description]);
  };
  assert.equal((await vm('take', 'office', 'one', '--description', 'as it came')).status, 0);
  await write(folder, 2);
  assert.deepEqual(await listed(), [['one', 'as it came']]);

  for (const how of ['revert', 'remove']) {
    const refused = failureIn(await vm(how, 'office', 'one'));
    assert.equal(refused.code, 'LOSS_CONFIRM');
    assert.match(refused.remedy, /--yes/);
  }
  assert.equal(await seen(folder), whole(2));
  assert.equal((await vm('revert', 'office', 'one', '--yes')).status, 0);
  assert.equal(await seen(folder), whole(1));
  assert.equal((await vm('remove', 'office', 'one', '--yes')).status, 0);
  assert.deepEqual(await listed(), []);
  assert.equal(await seen(folder), whole(1));
});

test('who may not have it is told why, with what helps', { skip }, async (t) => {
  const { folder } = await started(t);
  await write(folder, 1);
  await take(folder, 'one');
  await write(folder, 2);
  await assert.rejects(take(folder, 'one'), code('SNAPSHOT_TAKEN'));
  await assert.rejects(take(folder, 'two\nlines'), code('USAGE'));
  await assert.rejects(takeSnapshot(folder, 'office', { name: 'x', description: 'x'.repeat(2001) }), code('USAGE'));
  await assert.rejects(revert(folder, 'other'), code('SNAPSHOT_UNKNOWN'));
  await assert.rejects(takeSnapshot(folder, 'other', { name: 'x' }), code('VM_UNKNOWN'));
  {
    await using _running = await takeVmLock(await openProject(folder), 'office');
    await assert.rejects(take(folder, 'two'), code('VM_RUNNING'));
    await assert.rejects(revert(folder, 'one'), code('VM_RUNNING'));
    await assert.rejects(removeSnapshot(folder, 'office', 'one'), code('VM_RUNNING'));
  }
  assert.equal(await seen(folder), whole(2));
  assert.deepEqual(await names(folder), ['one']);

  for (let number = 2; number <= MOST_SNAPSHOTS; number += 1) await take(folder, `${number}`);
  await assert.rejects(take(folder, 'one more'), code('SNAPSHOT_FULL'));
  await removeSnapshot(folder, 'office', '2');
  await take(folder, 'one more');
  await revert(folder, 'one');
  assert.equal(await seen(folder), whole(1));
  const losses: string[] = [];
  const agree = async (loss: string) => losses.push(loss) > 1;
  await assert.rejects(removeMachine(folder, 'office', agree), code('LOSS_CONFIRM'));
  assert.match(losses[0] ?? '', /its data disk, its 24 snapshots, its versions/);
  await removeMachine(folder, 'office', agree);
  assert.equal(existsSync(vmPaths(folder, 'office').folder), false);
});

/** Suspends it, as a run does. */
async function suspend(folder: string, words: string): Promise<void> {
  const { suspended, memory, work, data, variables, toolsDisc, seed } = vmPaths(folder, 'office');
  for (const path of [memory, toolsDisc]) rmSync(path, { force: true });
  writeFileSync(toolsDisc, words);
  const paths = [work, data, variables, toolsDisc, seed];
  const files = await Promise.all(paths.map(async (path, at) => ({ name: `file ${at}`, ...(await fileMark(path)) })));
  writeFileSync(memory, words);
  writeFileSync(suspended, JSON.stringify({ format: 1, vm: 'office', files, qemu: '7' }));
}

/** What is in its memory, which fits all that it has now. */
async function fits(folder: string): Promise<string> {
  const { suspended, memory, work, data, variables, toolsDisc, seed } = vmPaths(folder, 'office');
  const { files, ...noted } = JSON.parse(readFileSync(suspended, 'utf8'));
  assert.deepEqual(noted, { format: 1, vm: 'office', qemu: '7' });
  for (const [at, path] of [work, data, variables, toolsDisc, seed].entries())
    assert.deepEqual(files[at], { name: `file ${at}`, ...(await fileMark(path)) });
  const words = readFileSync(memory, 'utf8');
  assert.equal(readFileSync(toolsDisc, 'utf8'), words);
  return words;
}

test('of a suspended machine the memory is kept too; going back it is suspended again, on what it has then', {
  skip,
}, async (t) => {
  const { folder } = await started(t);
  const { suspended, memory, toolsDisc } = vmPaths(folder, 'office');
  await write(folder, 1);
  await suspend(folder, 'first');
  await take(folder, 'a');
  assert.equal(await fits(folder), 'first', 'it is suspended as before');
  await take(folder, 'b');
  await removeSnapshot(folder, 'office', 'b');
  assert.equal(await fits(folder), 'first', 'its disks stay the files that they are');
  for (const path of [suspended, memory, toolsDisc]) rmSync(path);
  await write(folder, 2);
  await take(folder, 'c');
  await suspend(folder, 'second');

  await revert(folder, 'a');
  assert.equal(await fits(folder), 'first');
  assert.equal(await seen(folder), whole(1));
  assert.deepEqual(
    (await listSnapshots(folder, 'office')).map(({ name, withMemory }) => [name, withMemory]),
    [
      ['a', true],
      ['c', undefined],
    ],
  );
  await write(folder, 4);
  await assert.rejects(take(folder, 'd'), code('VM_SUSPENDED'), 'it does not fit any more');
  await revert(folder, 'c');
  assert.equal(await seen(folder), whole(2));
  assert.deepEqual(
    [suspended, memory, toolsDisc].filter((path) => existsSync(path)),
    [],
  );
});

for (const [title, words] of [
  ['taken of a suspended machine', ['own-snapshot', 'office', 'new']],
  ['gone back to, of one that was suspended', ['own-revert', 'office', 'a']],
] as const)
  test(`killed at any step while one is ${title}, memory and disks fit each other`, { skip }, async (t) => {
    const { folder } = await started(t);
    await write(folder, 1);
    await suspend(folder, 'first');
    await take(folder, 'a');
    await write(folder, 2);
    await suspend(folder, 'second');
    // Whether memory fits goes by when files were written.
    const copied = async (to: TestContext) => {
      const copy = join(scratch(to), 'copy');
      await run('cp', ['-a', folder, copy]);
      return copy;
    };
    const steps = await change(await copied(t), '-', words);
    for (const step of new Set(steps))
      await t.test(`killed after “${step}”`, async (sub) => {
        const copy = await copied(sub);
        await change(copy, step, words);
        await broughtToItsEnd(copy);

        const is = `${await fits(copy)} ${await seen(copy)}`;
        assert.ok([`second ${whole(2)}`, `first ${whole(1)}`].includes(is), is);
      });
  });

test('a release and an export hold the present state alone, and going back works across releases', {
  skip,
}, async (t) => {
  const project = await started(t);
  const { folder } = project;
  const { install, state } = computer(t);
  await write(folder, 1);
  await take(folder, 'never released');
  await write(folder, 2);
  await project.build('one');
  assert.deepEqual(await readStanding(folder, 'office'), { data: (await readStanding(folder, 'office')).data });
  await take(folder, 'of one');
  await write(folder, 3);
  // A cluster that the disk has in no earlier release, and one that is zero again.
  await run('qemu-io', ['-c', 'write -P 9 512k 64k', '-c', 'write -z 128k 64k', chainName(await systemDisk(folder))]);
  await project.build('two');

  for (const name of ['never released', 'of one']) {
    await revert(folder, name);
    const before = await seen(folder);
    const out = join(scratch(t), 'office.qcow2');
    await exportMachine(folder, 'office', { to: out, format: 'qcow2' });
    await run('qemu-img', ['compare', '-q', chainName([out]), chainName(await systemDisk(folder))]);

    const built = await project.build(name.replaceAll(' ', '-'));

    const [released] = built.released;
    assert.ok(released && released.layerBytes < 1 << 20, `the layer has ${released?.layerBytes} bytes`);
    assert.equal(await seen(folder), before, 'the present state is as it was');
    await run('qemu-img', ['compare', '-q', chainName([out]), chainName(await systemDisk(folder))]);
    await install(built.folder, { fingerprint: project.fingerprint, replace: true });
    const { current } = await openInstance(state, 'office');
    const installed = await chainFiles(state, current.machine.layers);
    await run('qemu-img', ['compare', '-q', chainName([out]), chainName(installed)]);
    assert.deepEqual((await project.build(`${name.replaceAll(' ', '-')}-again`)).released, []);
  }
  for (const name of ['never released', 'of one']) await removeSnapshot(folder, 'office', name);
  assert.equal(await seen(folder), whole(2));
  assert.deepEqual(readdirSync(vmPaths(folder, 'office').kept), [], 'nothing is left of them');
});

test('snapshots outlast that the layers they stand on are made one file', { skip }, async (t) => {
  const { folder } = await started(t);
  const { work, releases } = vmPaths(folder, 'office');
  const { packages: repository } = projectPaths(folder);
  const release = async (byte: number) => {
    await run('qemu-io', ['-f', 'qcow2', '-c', `write -P ${byte} 0 64k`, work]);
    await releaseDisk(folder, 'office', { repository, mode: 'fast' });
  };
  await write(folder, 1);
  await release(1);
  await take(folder, 'early');
  for (let number = 2; number <= LONGEST_CHAIN + 2; number += 1) await release(number);
  assert.ok(!readdirSync(releases).includes('1.qcow2'), 'the layers were made one file');

  await revert(folder, 'early');

  assert.match(await seen(folder), /^1 1 /);
  await releaseDisk(folder, 'office', { repository, mode: 'fast' });
  assert.match(await seen(folder), /^1 1 /);
});

test('who keeps the last one alone has no more files for it, however often', { skip }, async (t) => {
  const { folder } = await started(t);
  for (let round = 1; round <= 9; round += 1) {
    await write(folder, round);
    await take(folder, `${round}`);
    if (round > 1) await removeSnapshot(folder, 'office', `${round - 1}`);
  }

  assert.equal((await systemDisk(folder)).length, 2);
  assert.equal((await dataDisk(folder)).length, 2);
  await write(folder, 1);
  await revert(folder, '9');
  assert.equal(await seen(folder), whole(9));
});

for (const [title, words] of [
  ['taken', ['own-snapshot', 'office', 'new']],
  ['gone back to', ['own-revert', 'office', 'a']],
  ['removed', ['own-remove', 'office', 'b']],
] as const)
  test(`killed at any step while one is ${title}, the machine has its former state or its new one, all parts of it`, {
    skip,
  }, async (t) => {
    const { folder } = await started(t);
    await write(folder, 1);
    await take(folder, 'a');
    await write(folder, 4);
    await take(folder, 'b');
    await write(folder, 2);
    const done = copyOf(t, folder);
    const steps = await change(done, '-', words);
    assert.ok(steps.length > 3);
    const [after, namesAfter] = [await seen(done), await names(done)];
    for (const step of new Set(steps))
      await t.test(`killed after “${step}”`, async (sub) => {
        const copy = copyOf(sub, folder);
        await change(copy, step, words);

        await broughtToItsEnd(copy);

        const [now, found] = [await seen(copy), await names(copy)];
        const isFormer = now === whole(2) && found.join() === 'a,b';
        assert.ok(isFormer || (now === after && found.join() === namesAfter.join()), `${now}, ${found}`);
        await revert(copy, 'a');
        assert.equal(await seen(copy), whole(1));
        const left = filesIn(copy, ['**', '**/.*']).filter((path) => /snapshot-work|next-|\.tmp/.test(path));
        assert.deepEqual(left, []);
      });
  });

test('a build that is killed anywhere leaves a machine that stands on a snapshot as it was', { skip }, async (t) => {
  const project = await started(t);
  const { folder } = project;
  await write(folder, 1);
  await project.build('one');
  await take(folder, 'a');
  await write(folder, 2);
  await project.build('two');
  await revert(folder, 'a');
  const out = scratch(t);
  const steps = await change(copyOf(t, folder), '-', ['build', 'three', out]);
  assert.ok(steps.includes('standing'));
  for (const step of steps)
    await t.test(`killed after “${step}”`, async (sub) => {
      const [copy, beside] = [copyOf(sub, folder), scratch(sub)];
      await change(copy, step, ['build', 'three', beside]);
      assert.equal(await seen(copy), whole(1));
      await project.in(copy, scratch(sub)).build('four');
      assert.equal(await seen(copy), whole(1));
      await revert(copy, 'a');
      assert.equal(await seen(copy), whole(1));
    });
});

test('a build ends what was begun with a snapshot, before it makes a release', { skip }, async (t) => {
  const project = await started(t);
  const { folder } = project;
  await write(folder, 1);
  await take(folder, 'a');
  await write(folder, 2);
  await change(folder, 'noted', ['own-revert', 'office', 'a']);

  await project.build('one');

  assert.equal(await seen(folder), whole(1));
  const [manifest] = await publishedManifests(projectPaths(folder).packages);
  assert.equal(manifest?.machines[0]?.descriptor, '0x01', 'the package has the version of that disk');
  assert.equal(existsSync(vmPaths(folder, 'office').snapshotWork), false);
});
