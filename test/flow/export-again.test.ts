import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { publishedManifests } from '../../src/package/build/published.ts';
import { exportAgain } from '../../src/package/export-again.ts';
import { requireRoom, requireWritable } from '../../src/package/media/look.ts';
import type { MediaOptions } from '../../src/package/media/write.ts';
import { projectPaths } from '../../src/project/layout.ts';
import { openProject } from '../../src/project/open.ts';
import { fileError } from '../../src/sys/files/file-error.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { failureIn, program, programWithout } from '../fakes/command-line.ts';
import { code, computer } from '../fakes/made-computer.ts';
import { madeProject, scratch } from '../fakes/made-project.ts';
import { fill, makeRoom, smallDisk } from '../fakes/small-disk.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';
const skipRoot = skip || (process.getuid?.() === 0 ? false : 'only root may mount');
const MIB = 1 << 20;
const GIB = 2 ** 30;
const anyRoom = async () => undefined;

test('volumes too small, or what is there already, is found before a package is signed: its name is free', {
  skip,
}, async (t) => {
  const project = await madeProject(t);
  const repository = projectPaths(project.folder).packages;
  const build = (media: MediaOptions) =>
    project.build('one', { look: (folder, size) => requireWritable(folder, size, media) });
  mkdirSync(project.out, { recursive: true });
  writeFileSync(join(project.out, 'one.tar'), '');

  await assert.rejects(build({ format: 'tar', volumeBytes: MIB }), code('USAGE'));
  await assert.rejects(build({ format: 'tar' }), code('FILE_EXISTS'));

  assert.deepEqual(await publishedManifests(repository), []);
  await build({ format: 'folder' });
});

test('without the program that writes images a package is not signed: its name is free once xorriso is there', {
  skip: skipRoot,
}, async (t) => {
  const { folder, out } = await madeProject(t);
  const create = [
    '-C',
    folder,
    'package',
    'create',
    'one',
    '--kind',
    'full',
    '--mode',
    'fast',
    '--out',
    out,
    '--format',
    'iso',
  ];

  const refused = await programWithout('xorriso', 'lazaret-manager', [...create, '--json']);

  const { code: said, reason } = failureIn(refused);
  assert.deepEqual([refused.status, said], [69, 'PROGRAM_MISSING']);
  assert.match(reason, /xorriso is not installed, which writes iso/);
  assert.deepEqual(await publishedManifests(projectPaths(folder).packages), []);
  const written = await program('lazaret-manager', create);
  assert.equal(written.status, 0, written.stderr);
  assert.ok(existsSync(join(out, 'one.iso')));
});

test('a package that does not fit on the disk it is to be written to is not signed', { skip: skipRoot }, async (t) => {
  const project = await madeProject(t);
  const stick = await smallDisk(t, MIB);
  const media = { format: 'folder' } as const;
  const build = () =>
    project.build('one', { out: stick, look: (folder, size) => requireWritable(folder, size, media) });

  await assert.rejects(build(), code('DISK_FULL'));

  assert.deepEqual(await publishedManifests(projectPaths(project.folder).packages), []);
});

test('a package that could not be written is published: it is written elsewhere, as it was signed', {
  skip: skipRoot,
}, async (t) => {
  const project = await madeProject(t);
  const stick = await smallDisk(t, 8 * MIB);
  fill(stick);
  await assert.rejects(project.build('one', { out: stick }), code('PACKAGE_UNWRITTEN'));
  await assert.rejects(project.build('one'), code('PACKAGE_EXISTS'), 'its name is spent');
  makeRoom(stick);
  const out = scratch(t);
  const opened = await openProject(project.folder);

  const { folder } = await exportAgain(opened, { name: 'one', out, look: anyRoom });

  const { install } = computer(t);
  await install(folder, { fingerprint: project.fingerprint });
  await assert.rejects(exportAgain(opened, { name: 'one', out, look: anyRoom }), code('PACKAGE_EXISTS'));
  await assert.rejects(exportAgain(opened, { name: 'none', out, look: anyRoom }), { message: /there are one$/ });
});

test('an update is written again with what it carried, and no more', { skip }, async (t) => {
  const project = await madeProject(t);
  await project.build('one');
  await project.changeDisk(0);
  const { folder } = await project.build('two', { kind: 'update' });
  const carried = readdirSync(join(folder, 'blobs'));
  rmSync(folder, { recursive: true });
  await project.changeDisk(1 << 16);
  await project.build('three', { kind: 'update' });

  await exportAgain(await openProject(project.folder), { name: 'two', out: project.out, look: anyRoom });

  assert.deepEqual(readdirSync(join(folder, 'blobs')), carried);
  assert.ok(existsSync(join(folder, 'package.json')));
});

test('a file too large for its file system is another failure than a full disk', () => {
  const fat = { freeBytes: 64 * GIB, maxFileBytes: 2 ** 32 - 1 };
  const size = { blobs: [3 * GIB, 3 * GIB], small: [1000] };

  requireRoom('one', size, { format: 'folder' }, fat);
  requireRoom('one', size, { format: 'tar', volumeBytes: 4 * GIB - 1 }, fat);
  assert.throws(() => requireRoom('one', size, { format: 'tar' }, fat), code('FILE_LIMIT'));
  assert.throws(() => requireRoom('one', { ...size, blobs: [5 * GIB] }, { format: 'folder' }, fat), code('FILE_LIMIT'));
  assert.throws(() => requireRoom('one', size, { format: 'folder' }, { ...fat, freeBytes: GIB }), code('DISK_FULL'));
  const error = fileError(Object.assign(new Error('EFBIG'), { code: 'EFBIG' }), '/media/x');
  assert.match(String(error), /larger than this file system allows/);
});
