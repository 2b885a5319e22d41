import assert from 'node:assert/strict';
import { copyFileSync, cpSync, openSync, readFileSync, renameSync, rmSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { proveInstalled } from '../../src/install/change/prove/prove.ts';
import { generationPaths, instancePaths } from '../../src/install/state/layout.ts';
import { examine } from '../../src/install/state/machine/damage.ts';
import { digestFile } from '../../src/sys/files/files.ts';
import { hasProgram, run } from '../../src/sys/programs/exec.ts';
import { computer } from '../fakes/made-computer.ts';
import { type Ends, madeProject, scratch } from '../fakes/made-project.ts';

const skip = hasProgram('qemu-img') && hasProgram('bwrap') ? false : 'qemu-img or bwrap is not installed';

const ends: (() => unknown)[] = [];
const later: Ends = { after: (work) => void ends.push(work) };
let whole = '';
let packageFolder = '';

before(async () => {
  if (skip) return;
  const project = await madeProject(later, 'Acme', Date.now(), { dataDiskMiB: 64 });
  const { folder } = await project.build('one');
  const { state, install } = computer(later as never);
  await install(folder, { fingerprint: project.fingerprint });
  for (const path of [system(state), data(state)])
    await run('qemu-io', ['-f', 'qcow2', '-c', 'write -P 7 0 512k', path]);
  whole = state;
  packageFolder = folder;
});
after(() => {
  for (const end of ends.reverse()) end();
});

const system = (state: string) => generationPaths(state, 'office', 1).overlay;
const data = (state: string) => instancePaths(state, 'office').data;
const mend = (path: string) => run('qemu-img', ['check', '-q', '-r', 'all', path], { allow: [2, 3] });

function copy(t: Ends): string {
  const state = scratch(t);
  cpSync(whole, state, { recursive: true, verbatimSymlinks: true });
  return state;
}

/** What a check says of the machine’s own disks. */
async function disksOf(state: string, runs = () => false) {
  const [office] = (await proveInstalled(state, runs)).proofs;
  return office?.disks.map(({ what, failure, runs: isRunning }) => [what, isRunning ?? failure?.code]);
}

const cut = (path: string) => truncateSync(path, 400_000);

/** The table that leads to the guest’s blocks says something that cannot be. */
function crossed(path: string): void {
  const bytes = readFileSync(path);
  const table = Number(bytes.readBigUInt64BE(Number(bytes.readBigUInt64BE(40))) & 0x00ff_ffff_ffff_fe00n);
  const entry = Buffer.from(bytes.subarray(table, table + 8));
  writeSync(openSync(path, 'r+'), entry, 0, 8, table + 8);
}

/** A cluster counts as used, and nothing uses it: so it is after a power cut. */
function leaked(path: string): void {
  truncateSync(path, 20 << 16);
  const counts = Number(readFileSync(path).readBigUInt64BE(Number(readFileSync(path).readBigUInt64BE(48))));
  writeSync(openSync(path, 'r+'), Buffer.from([0, 1]), 0, 2, counts + 2 * 16);
}

const GOOD = [
  ['system disk of generation 1', undefined],
  ['data disk', undefined],
];

test('disks without mistakes are called so, and clusters that are lost are no mistake', { skip }, async (t) => {
  const state = copy(t);
  assert.deepEqual(await disksOf(state), GOOD);

  leaked(data(state));

  assert.equal((await run('qemu-img', ['check', data(state)], { allow: [3] })).exitCode, 3);
  assert.deepEqual(await disksOf(state), GOOD);
});

const DAMAGES: [title: string, damage: (path: string) => unknown][] = [
  ['is cut', cut],
  ['leads twice to one block', crossed],
  ['is no disk', (path) => truncateSync(path, 10)],
  [
    'names a file below it',
    (path) => run('qemu-img', ['rebase', '-u', '-f', 'qcow2', '-F', 'raw', '-b', '/etc/hostname', path]),
  ],
];
for (const [title, damage] of DAMAGES) {
  test(`a disk that ${title} is found by a check, which changes nothing`, { skip }, async (t) => {
    for (const [path, code] of [[system, 'SYSTEM_DISK_DAMAGED'] as const, [data, 'DATA_DISK_DAMAGED'] as const]) {
      const state = copy(t);
      await damage(path(state));
      const before = await digestFile(path(state));

      const found = await disksOf(state);

      assert.deepEqual(
        found?.filter(([, said]) => said !== undefined).map(([, said]) => said),
        [code],
      );
      assert.deepEqual(await digestFile(path(state)), before);
    }
  });
}

test('a system disk of another size than what it stands on is found', { skip }, async (t) => {
  const state = copy(t);
  await run('qemu-img', ['resize', '-q', '-f', 'qcow2', system(state), '+1M']);

  assert.deepEqual(await disksOf(state), [['system disk of generation 1', 'SYSTEM_DISK_DAMAGED'], GOOD[1]]);
});

test('nothing is said of the disks of a machine that runs', { skip }, async (t) => {
  const state = copy(t);
  cut(system(state));

  assert.deepEqual(
    await disksOf(state, () => true),
    GOOD.map(([what]) => [what, true]),
  );
});

test('of a machine that cannot be read the data disk is looked at all the same', { skip }, async (t) => {
  const state = copy(t);
  rmSync(instancePaths(state, 'office').current);
  cut(data(state));

  assert.deepEqual(await disksOf(state), [['data disk', 'DATA_DISK_DAMAGED']]);
});

test('SYSTEM_DISK_DAMAGED: what its remedy says is done, and works', { skip }, async (t) => {
  const mended = copy(t);
  crossed(system(mended));
  await mend(system(mended));
  assert.deepEqual(await disksOf(mended), GOOD);

  const state = copy(t);
  cut(system(state));
  const aside = join(scratch(t), 'aside.qcow2');
  copyFileSync(system(state), aside);
  rmSync(system(state));
  await computer(t, Date.now(), state).install(packageFolder, { replace: true });

  assert.deepEqual(await disksOf(state), GOOD);
  assert.equal((await examine(state, 'office'))?.damage, undefined);
});

test('DATA_DISK_DAMAGED: what its remedy says is done, and works', { skip }, async (t) => {
  const state = copy(t);
  const backup = join(scratch(t), 'data.qcow2');
  copyFileSync(data(state), backup);
  crossed(data(state));
  await mend(data(state));
  assert.deepEqual(await disksOf(state), GOOD);

  cut(data(state));
  renameSync(backup, data(state));

  assert.deepEqual(await disksOf(state), GOOD);
});
