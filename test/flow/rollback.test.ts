import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { rollBack } from '../../src/install/change/back/rollback.ts';
import { collect } from '../../src/install/change/generation/collect.ts';
import { readFloor } from '../../src/install/state/floor.ts';
import { openInstance } from '../../src/install/state/instances.ts';
import { computerPaths, generationPaths, instancePaths } from '../../src/install/state/layout.ts';
import { readReported, writeReported } from '../../src/install/state/machine/reported.ts';
import { saveState } from '../../src/project/save.ts';
import { digestFile } from '../../src/sys/files/files.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { code, computer } from '../fakes/made-computer.ts';
import { madeProject } from '../fakes/made-project.ts';
import { threeVersions, V1, V2 } from '../fakes/quarantine.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';
const FRESH = { dataDiskMiB: 64 };

test('what was kept can be rolled back to, with its version and everything the user changed in it', {
  skip,
}, async (t) => {
  const project = await madeProject(t, 'Acme', Date.now(), FRESH);
  const { install, state } = computer(t);
  await project.setQuarantine(threeVersions());
  await install((await project.build('one')).folder, { fingerprint: project.fingerprint });
  await writeReported(state, 'office', 1, { descriptor: V1, origin: 'guest' });
  const overlay = await digestFile(generationPaths(state, 'office', 1).overlay);
  const data = await digestFile(instancePaths(state, 'office').data);
  await project.changeDisk(0);
  await saveState(project.folder, 'office', { format: 1, descriptor: V2 });
  const update = await project.build('two', { kind: 'update', notes: 'A new editor.\nNothing else.' });

  const report = await install(update.folder, { keepOld: true });
  await collect(state, new Map());

  assert.equal(report.notes, 'A new editor.\nNothing else.');
  assert.equal((await openInstance(state, 'office')).current.notes, report.notes);
  assert.equal((await openInstance(state, 'office')).former, 1);
  assert.deepEqual(await rollBack(state, 'office'), { vm: 'office', from: 2, to: 1 });
  await collect(state, new Map());
  const { current, former } = await openInstance(state, 'office');
  assert.deepEqual([current.generation, former], [1, undefined]);
  assert.deepEqual(await readReported(state, 'office', 1), { descriptor: V1, origin: 'guest' });
  assert.deepEqual(await digestFile(generationPaths(state, 'office', 1).overlay), overlay);
  assert.deepEqual(await digestFile(instancePaths(state, 'office').data), data);
  assert.deepEqual(readdirSync(join(state, 'instances/office/generations')), ['1']);
  assert.equal(readdirSync(computerPaths(state).layers).length, 1, 'the layer of the update went with it');
  await assert.rejects(rollBack(state, 'office'), code('ROLLBACK_NONE'));
});

test('without --keep-old nothing is kept, nor is what an earlier update kept', { skip }, async (t) => {
  const project = await madeProject(t, 'Acme', Date.now(), FRESH);
  const { install, state } = computer(t);
  await install((await project.build('one')).folder, { fingerprint: project.fingerprint });
  await install((await project.build('two')).folder, { keepOld: true });
  assert.equal((await openInstance(state, 'office')).former, 1);

  await install((await project.build('three')).folder);
  await collect(state, new Map());

  assert.deepEqual(readdirSync(join(state, 'instances/office/generations')), ['3']);
  await assert.rejects(rollBack(state, 'office'), code('ROLLBACK_NONE'));
});

test('what a package sets as the lowest generation holds for roll backs and packages, from then on', {
  skip,
}, async (t) => {
  const project = await madeProject(t, 'Acme', Date.now(), FRESH);
  const { install, state } = computer(t);
  await install((await project.build('one')).folder, { fingerprint: project.fingerprint });
  await assert.rejects(project.build('none', { minGeneration: 3 }), code('USAGE'));
  const old = await project.build('two');

  await install((await project.build('three', { minGeneration: 3 })).folder, { keepOld: true });

  assert.equal(await readFloor(state), 3);
  await assert.rejects(rollBack(state, 'office'), code('TRUST_FLOOR'));
  assert.equal((await openInstance(state, 'office')).current.generation, 3);
  // Even if nothing else on this computer remembered the newer package.
  rmSync(instancePaths(state, 'office').folder, { recursive: true });
  const refused = install(old.folder);
  await assert.rejects(refused, (error: Error) => 'code' in error && /^TRUST_/.test(String(error.code)));
});

test('a machine that still runs what it was rolled back from does not get it again beneath it', { skip }, async (t) => {
  const project = await madeProject(t, 'Acme', Date.now(), FRESH);
  const { install, state } = computer(t);
  await install((await project.build('one')).folder, { fingerprint: project.fingerprint });
  const two = await project.build('two');
  await install(two.folder, { keepOld: true });
  await rollBack(state, 'office');

  await assert.rejects(install(two.folder, { running: [['office', 2]] }), code('VM_RUNNING'));

  assert.equal((await openInstance(state, 'office')).current.generation, 1);
});
