import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { updateFromServer } from '../../src/install/change/update.ts';
import { openInstance } from '../../src/install/state/instances.ts';
import { instancePaths } from '../../src/install/state/layout.ts';
import { examine } from '../../src/install/state/machine/damage.ts';
import type { Asker } from '../../src/install/state/machine/owner.ts';
import { readResources } from '../../src/install/state/resources.ts';
import { addVm } from '../../src/project/make.ts';
import { openProject } from '../../src/project/open.ts';
import { saveProjectFile } from '../../src/project/save.ts';
import { removeFolder } from '../../src/sys/files/folders.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { code, computer } from '../fakes/made-computer.ts';
import { madeProject } from '../fakes/made-project.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';
const DAY_MS = 86_400_000;

/** A project with office and lab, whose packages lie where it says, and a computer that has installed the first. */
async function served(t: TestContext) {
  const project = await madeProject(t, 'Acme', Date.now(), { dataDiskMiB: 64 });
  await project.addVm('lab');
  const opened = await openProject(project.folder);
  const packageServer = `file://${project.folder}/published/packages`;
  await saveProjectFile(opened, { ...opened.file.value, packageServer });
  const resource = (text: string) => {
    mkdirSync(join(project.folder, 'resources'), { recursive: true });
    writeFileSync(join(project.folder, 'resources', 'check.sh'), text);
  };
  resource('#!/bin/sh\necho YES\n');
  const made = computer(t);
  await made.install((await project.build('one', { validForMs: DAY_MS })).folder, { fingerprint: project.fingerprint });
  const update = (vm?: string, now = Date.now(), asker: Asker = 'anybody') =>
    updateFromServer(
      { full: true, replace: true, keepOld: false, ...(vm === undefined ? {} : { vm }) },
      {
        ...{ state: made.state, asker, running: () => new Map<string, number>(), now },
        ...{ signal: new AbortController().signal, onProgress: () => undefined },
      },
    );
  const generations = async () =>
    Promise.all(['lab', 'office'].map(async (vm) => (await openInstance(made.state, vm)).current.generation));
  return { ...made, project, resource, update, generations };
}

test('where the newest package holds one machine of two, both are as new as can be, again and again', {
  skip,
}, async (t) => {
  const { project, update, generations } = await served(t);
  await project.build('two', { kind: 'update', vms: ['office'], minGeneration: 2 });

  assert.deepEqual((await update()).map(({ generation }) => generation).sort(), [1, 2]);
  assert.deepEqual(await generations(), [1, 2]);
  await update();
  await update('lab');
  // The first package, below the floor now, has expired too: there is nothing in it that is to be installed.
  await update('lab', Date.now() + 2 * DAY_MS);
  await project.build('three', { kind: 'update', vms: ['lab'] });
  await update();

  assert.deepEqual(await generations(), [3, 2]);
});

test('an update says what it did to a machine, although its last pass finds all of it installed', {
  skip,
}, async (t) => {
  const { project, update } = await served(t);
  await project.changeDisk(1);
  await project.build('two', { kind: 'update', vms: ['office'] });
  const told = async () => {
    const second = (await update()).find(({ generation }) => generation === 2);
    return second?.machines.map(({ vm, action }) => `${vm} ${action}`);
  };

  assert.deepEqual(await told(), ['office replace']);
  assert.deepEqual(await told(), ['office keep']);
});

test('an update of one machine does not bring back the older resources of its package', { skip }, async (t) => {
  const { project, state, resource, update } = await served(t);
  resource('#!/bin/sh\necho NO\n');
  await project.build('two', { kind: 'update', vms: ['office'] });
  await update();
  const newest = await readResources(state);

  await update('lab');

  assert.deepEqual(await readResources(state), newest);
});

test('an update is of the machines that are his who asks, and of everybody’s', { skip }, async (t) => {
  const { project, state, update, generations } = await served(t);
  const [alice, bob] = [1001, 1002];
  const { file } = instancePaths(state, 'office');
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), owner: alice }));
  await project.build('two');

  await assert.rejects(update('office', Date.now(), bob), code('VM_UNKNOWN'));
  const reports = await update(undefined, Date.now(), bob);
  assert.deepEqual(await generations(), [2, 1]);
  assert.doesNotMatch(JSON.stringify(reports), /office/);
  await update(undefined, Date.now(), alice);

  assert.deepEqual(await generations(), [2, 2]);
});

test('a machine that cannot be taken does not keep the others from being updated', { skip }, async (t) => {
  const { project, state, update, generations } = await served(t);
  await removeFolder(join(project.folder, 'vms', 'lab'));
  await addVm(await openProject(project.folder), {
    ...{ name: 'lab', hardware: { memoryMiB: 64, cpus: 1, firmware: 'bios', dataDiskMiB: 64 } },
    disk: join(project.folder, '..', 'disk.raw'),
    diskFormat: 'raw',
  });
  await project.build('two');

  await assert.rejects(update(), code('VM_OTHER'));

  assert.deepEqual(await generations(), [1, 2]);
  assert.equal((await examine(state, 'lab'))?.damage, undefined);
});

test('a machine that was made again under its name does not get the data disk of the one before', {
  skip,
}, async (t) => {
  const { project, state, install } = await served(t);
  const before = await openInstance(state, 'office');
  await removeFolder(join(project.folder, 'vms', 'office'));
  await addVm(await openProject(project.folder), {
    ...{ name: 'office', hardware: { memoryMiB: 64, cpus: 1, firmware: 'bios', dataDiskMiB: 64 } },
    disk: join(project.folder, '..', 'disk.raw'),
    diskFormat: 'raw',
  });
  const { folder } = await project.build('two');

  await assert.rejects(install(folder, { replace: true }), code('VM_OTHER'));

  assert.deepEqual((await openInstance(state, 'office')).file, before.file);
  assert.equal((await openInstance(state, 'lab')).current.generation, 2, 'the other machine is taken');
  // The remedy: it is removed, and installed anew.
  await removeFolder(instancePaths(state, 'office').folder);
  await install(folder);
  const { file } = await openInstance(state, 'office');
  assert.notEqual(file.vmId, before.file.vmId);
});
