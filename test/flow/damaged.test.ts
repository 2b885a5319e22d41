import assert from 'node:assert/strict';
import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { collect } from '../../src/install/change/generation/collect.ts';
import { proveInstalled } from '../../src/install/change/prove/prove.ts';
import { openInstance } from '../../src/install/state/instances.ts';
import { computerPaths, flatPath, generationPaths, instancePaths, layerPath } from '../../src/install/state/layout.ts';
import { chainFiles } from '../../src/install/state/machine/chain.ts';
import { examine } from '../../src/install/state/machine/damage.ts';
import { noteDamaged } from '../../src/install/state/machine/proven.ts';
import { flattenChain } from '../../src/layer/chain/flatten-chain.ts';
import { digestFile } from '../../src/sys/files/files.ts';
import { hasProgram, run } from '../../src/sys/programs/exec.ts';
import { code, computer } from '../fakes/made-computer.ts';
import { type Ends, madeProject, scratch } from '../fakes/made-project.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';

const ends: (() => unknown)[] = [];
const later: Ends = { after: (work) => void ends.push(work) };
let whole = '';
let fingerprint = '';
let packages: { one: string; two: string };

before(async () => {
  if (skip) return;
  const project = await madeProject(later, 'Acme', Date.now(), { dataDiskMiB: 64 });
  await project.addVm('lab');
  fingerprint = project.fingerprint;
  const one = (await project.build('one', { minGeneration: 1 })).folder;
  const made = computer(later as never);
  await made.install(one, { fingerprint });
  await run('qemu-io', ['-f', 'qcow2', '-c', 'write -P 7 1M 64k', instancePaths(made.state, 'office').data]);
  await project.changeDisk(0);
  packages = { one, two: (await project.build('two')).folder };
  whole = made.state;
});
after(() => {
  for (const end of ends.reverse()) end();
});

const cut = (path: string) => truncateSync(path, Math.floor(readFileSync(path).length / 2));
const office = (state: string) => instancePaths(state, 'office');

/** What is done to the machine `office`, whether its system disk is kept when it is mended. */
const MACHINE: [title: string, damage: (state: string) => void, keepsSystem: boolean][] = [
  ['instance.json is cut', (state) => cut(office(state).file), false],
  ['instance.json is lost', (state) => rmSync(office(state).file), false],
  ['its link `current` is lost', (state) => rmSync(office(state).current), false],
  ['its link `current` is a file', (state) => replaced(office(state).current), false],
  ['its link `current` leads nowhere', (state) => linked(office(state).current), false],
  ['generation.json is cut', (state) => cut(generationPaths(state, 'office', 1).file), false],
  ['its system disk is lost', (state) => rmSync(generationPaths(state, 'office', 1).overlay), false],
  ['policy.json is cut', (state) => cut(office(state).policy), true],
  ['policy.json is lost', (state) => rmSync(office(state).policy), true],
  ['its version is cut', (state) => cut(generationPaths(state, 'office', 1).quarantine), true],
  ['the counter of its reports is cut', (state) => writeFileSync(office(state).reports, '{"form'), true],
  ['a layer is lost', (state) => lostLayer(state), true],
];

function replaced(path: string): void {
  rmSync(path);
  writeFileSync(path, 'x');
}

function linked(path: string): void {
  rmSync(path);
  symlinkSync('generations/7', path);
}

function lostLayer(state: string): void {
  for (const name of readdirSync(computerPaths(state).layers)) rmSync(join(computerPaths(state).layers, name));
}

function copy(t: Ends): string {
  const state = scratch(t);
  cpSync(whole, state, { recursive: true, verbatimSymlinks: true });
  return state;
}

for (const [title, damage, keepsSystem] of MACHINE) {
  test(`${title}: that machine is damaged, nothing of it is collected, installing again mends it and keeps its data disk`, {
    skip,
  }, async (t) => {
    const state = copy(t);
    const { install } = computer(t, Date.now(), state);
    const data = await digestFile(office(state).data);
    const overlay = generationPaths(state, 'office', 1).overlay;
    if (keepsSystem) await run('qemu-io', ['-f', 'qcow2', '-c', 'write -P 9 0 64k', overlay]);
    const system = keepsSystem && (await digestFile(overlay));
    damage(state);

    assert.equal((await examine(state, 'office'))?.damage?.failure.code, 'STATE_DAMAGED');
    const before = readdirSync(state, { recursive: true }).sort();
    await collect(state, new Map());
    assert.deepEqual(readdirSync(state, { recursive: true }).sort(), before, 'nothing is collected');

    const mended = await install(packages.one, { replace: true });

    assert.equal(mended.machines.find(({ vm }) => vm === 'office')?.action, 'mend');
    await collect(state, new Map());
    for (const vm of ['office', 'lab']) {
      const found = await examine(state, vm);
      assert.deepEqual([found?.damage, found && 'instance' in found], [undefined, true]);
    }
    assert.deepEqual(await digestFile(office(state).data), data);
    if (system) assert.deepEqual(await digestFile(overlay), system, 'what was changed in it is still there');
  });

  test(`${title}: the other machine is updated, and this one mended by the same package`, { skip }, async (t) => {
    const state = copy(t);
    const { install } = computer(t, Date.now(), state);
    damage(state);

    await install(packages.two, { replace: true });

    for (const vm of ['office', 'lab']) {
      assert.equal((await examine(state, vm))?.damage, undefined);
      assert.equal((await openInstance(state, vm)).current.generation, 2);
    }
    const numbers = await Promise.all(['office', 'lab'].map(async (vm) => (await openInstance(state, vm)).file.number));
    assert.notEqual(numbers[0], numbers[1]);
  });
}

/** Files that belong to no machine, and are cut. */
const COMPUTER: [title: string, path: (state: string) => string][] = [
  ['floor.json', (state) => computerPaths(state).floor],
  ['package-server.json', (state) => computerPaths(state).packageServer],
  ['host-policy.json', (state) => computerPaths(state).hostPolicy],
  ['resources.json', (state) => computerPaths(state).resources],
  ['damaged.json', (state) => computerPaths(state).damaged],
  ['staging/wanted.json', (state) => computerPaths(state).wanted],
  ['accel.json', (state) => computerPaths(state).accel],
  ['trust/project.json', (state) => join(computerPaths(state).trust, 'project.json')],
  ['trust/packages.json', (state) => join(computerPaths(state).trust, 'packages.json')],
  ['trust/packages-floor.json', (state) => join(computerPaths(state).trust, 'packages-floor.json')],
];

for (const [title, path] of COMPUTER) {
  test(`${title} is damaged: nothing is collected because of it, packages are installed, and it is whole again`, {
    skip,
  }, async (t) => {
    const state = copy(t);
    const { install } = computer(t, Date.now(), state);
    writeFileSync(path(state), '{"format":1,');

    await collect(state, new Map());
    assert.ok((await openInstance(state, 'office')).current);
    await install(packages.two, { replace: true });

    assert.equal((await openInstance(state, 'office')).current.generation, 2);
    const isCut = existsSync(path(state)) && readFileSync(path(state), 'utf8') === '{"format":1,';
    assert.equal(isCut, ['damaged.json', 'accel.json'].includes(title), 'but for hints that nobody needed');
  });
}

test('where the floor is damaged, nothing older than the newest that was installed goes back on', {
  skip,
}, async (t) => {
  const state = copy(t);
  const { install } = computer(t, Date.now(), state);
  await install(packages.two, { replace: true, keepOld: true });
  writeFileSync(computerPaths(state).floor, '{');
  const { rollBack } = await import('../../src/install/change/back/rollback.ts');

  await assert.rejects(rollBack(state, 'office'), code('TRUST_FLOOR'));

  await install(packages.two);
  assert.deepEqual(JSON.parse(readFileSync(computerPaths(state).floor, 'utf8')), { format: 1, minGeneration: 2 });
});

test('another project is not taken because what names the first is damaged', { skip }, async (t) => {
  const state = copy(t);
  const { install } = computer(t, Date.now(), state);
  const other = await madeProject(t, 'Other');
  const { folder } = await other.build('one');
  writeFileSync(join(computerPaths(state).trust, 'project.json'), '{');

  await assert.rejects(install(folder, { fingerprint: other.fingerprint }), code('TRUST_FOREIGN'));
});

test('a machine without a data disk is mended once its user knows that what he changed is lost', {
  skip,
}, async (t) => {
  const state = copy(t);
  const { install } = computer(t, Date.now(), state);
  cut(instancePaths(state, 'lab').file);

  await assert.rejects(install(packages.one), code('INSTALL_CONFIRM'));
  await install(packages.one, { replace: true });

  assert.equal((await examine(state, 'lab'))?.damage, undefined);
});

test('a damaged machine that runs is left alone, and the rest of the package is installed', { skip }, async (t) => {
  const state = copy(t);
  const { install } = computer(t, Date.now(), state);
  cut(office(state).file);

  await assert.rejects(install(packages.two, { replace: true, running: [['office', 1]] }), code('VM_RUNNING'));

  assert.equal((await openInstance(state, 'lab')).current.generation, 2);
  assert.ok(existsSync(generationPaths(state, 'office', 1).overlay));
  assert.ok(existsSync(layerPath(state, String(readdirSync(computerPaths(state).layers)[0]?.slice(0, 64)))));
});

/** One byte of the layer is another. */
function flip(path: string): void {
  const bytes = readFileSync(path);
  const middle = bytes.length >> 1;
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  rmSync(path);
  writeFileSync(path, bytes);
}

test('a check finds a layer that is not as it was signed, and the same package makes it again', { skip }, async (t) => {
  const state = copy(t);
  const { install } = computer(t, Date.now(), state);
  const { proofs: good } = await proveInstalled(state, () => false);
  assert.deepEqual(
    good.map(({ vm, failure }) => [vm, failure]),
    [
      ['lab', undefined],
      ['office', undefined],
    ],
  );
  const { layers } = (await openInstance(state, 'office')).current.machine;
  const sha256 = layers[0]?.sha256 ?? '';
  flip(layerPath(state, sha256));

  const { proofs, damaged } = await proveInstalled(state, () => false);

  // Both machines stand on it.
  const failed = proofs.map(({ vm, failure }) => [vm, failure?.code]);
  const shared = (await openInstance(state, 'lab')).current.machine.layers.some((layer) => layer.sha256 === sha256);
  assert.deepEqual(failed, [
    ['lab', shared ? 'STATE_DAMAGED' : undefined],
    ['office', 'STATE_DAMAGED'],
  ]);
  assert.deepEqual(damaged, [sha256]);
  await noteDamaged(state, damaged);
  assert.equal((await examine(state, 'office'))?.damage?.failure.code, 'STATE_DAMAGED');
  await install(packages.one);
  assert.equal((await digestFile(layerPath(state, sha256))).sha256, sha256);
  assert.equal((await examine(state, 'office'))?.damage, undefined);
  assert.deepEqual((await proveInstalled(state, () => false)).damaged, []);
});

test('a flattened file that is damaged is found, and the full package takes its place', { skip }, async (t) => {
  const state = copy(t);
  const { install } = computer(t, Date.now(), state);
  const { layers } = (await openInstance(state, 'office')).current.machine;
  const sha256 = layers.at(-1)?.sha256 ?? '';
  const flat = flatPath(state, sha256);
  await flattenChain(await chainFiles(state, layers), flat);
  await collect(state, new Map());
  rmSync(flat);
  writeFileSync(flat, 'no disk at all');

  const { damaged } = await proveInstalled(state, () => false);
  assert.deepEqual(damaged, [sha256]);
  await noteDamaged(state, damaged);
  await install(packages.one);

  assert.equal(existsSync(flat), false);
  assert.equal((await examine(state, 'office'))?.damage, undefined);
});
