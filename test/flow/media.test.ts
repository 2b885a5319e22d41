import assert from 'node:assert/strict';
import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { collect } from '../../src/install/change/generation/collect.ts';
import { updateFromServer } from '../../src/install/change/update.ts';
import { openInstance, readInstances } from '../../src/install/state/instances.ts';
import { layerPath } from '../../src/install/state/layout.ts';
import { AppError } from '../../src/lib/errors.ts';
import { publishedListener } from '../../src/manager/published.ts';
import { MEDIA, writeMedia } from '../../src/package/media/write.ts';
import { openSource } from '../../src/package/source.ts';
import { openProject } from '../../src/project/open.ts';
import { saveProjectFile } from '../../src/project/save.ts';
import { listenTcp } from '../../src/sys/http/http-server.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { code, computer } from '../fakes/made-computer.ts';
import { madeProject, scratch } from '../fakes/made-project.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';
const skipIso = skip || (hasProgram('xorriso') ? false : 'xorriso is not installed');
const MIB = 1 << 20;

for (const format of MEDIA) {
  test(`a package is installed from one ${format}`, { skip: format === 'iso' ? skipIso : skip }, async (t) => {
    const project = await madeProject(t);
    const { folder } = await project.build('one');
    const { install, state } = computer(t);

    const [made = '', ...others] = await writeMedia(folder, { format });

    assert.deepEqual(others, []);
    assert.equal(existsSync(folder), format === 'folder');
    await install(made, { fingerprint: project.fingerprint });
    assert.equal((await readInstances(state)).length, 1);
  });

  test(`a package is installed from volumes, each a ${format}`, {
    skip: format === 'iso' ? skipIso : skip,
  }, async (t) => {
    const project = await madeProject(t, 'Acme', Date.now(), { diskBytes: 5 * MIB });
    const { folder } = await project.build('one');
    const { install, state } = computer(t);

    const made = await writeMedia(folder, { format, volumeBytes: 3 * MIB });

    assert.ok(made.length > 2, `${made}`);
    if (format !== 'folder') for (const path of made) assert.ok(statSync(path).size <= 3 * MIB, path);
    await install(made[1] ?? '', { fingerprint: project.fingerprint });
    assert.equal((await readInstances(state)).length, 1);
  });
}

test('a volume that is missing or the wrong one is named, and the installation goes on with the right one', {
  skip,
}, async (t) => {
  const project = await madeProject(t, 'Acme', Date.now(), { diskBytes: 5 * MIB });
  const { folder } = await project.build('one');
  const { install, state } = computer(t);
  const [one = '', two = '', three = ''] = await writeMedia(folder, { format: 'tar', volumeBytes: 3 * MIB });
  const aside = `${two}.aside`;
  renameSync(two, aside);

  const { fingerprint } = project;
  const missing = install(one, { fingerprint });
  await assert.rejects(missing, { ...code('VOLUME_MISSING'), message: /volume 2 of \d of one .*vol2\.tar/ });
  cpSync(three, two);
  await assert.rejects(install(one, { fingerprint }), {
    ...code('VOLUME_WRONG'),
    message: /should be volume 2 .* it is volume 3/,
  });
  renameSync(aside, two);
  await install(one, { fingerprint });

  assert.equal((await readInstances(state)).length, 1);
});

test('a package is installed from a web address', { skip }, async (t) => {
  const project = await madeProject(t);
  await project.build('one');
  const { install, state } = computer(t);
  await using web = await listenTcp('127.0.0.1', 0, publishedListener(join(project.folder, 'published')));

  await install(`http://127.0.0.1:${web.port}/packages`, { fingerprint: project.fingerprint });

  assert.equal((await readInstances(state)).length, 1);
});

for (const ending of ['.tar', '.iso', '.vol2.TAR']) {
  test(`one ${ending} file at an address is refused, and what to do instead is said`, async () => {
    await assert.rejects(openSource(`https://packages.example/one${ending}`), {
      ...code('USAGE'),
      message: /give the address of the package’s folder, or download the file/,
    });
  });
}

test('where writing media fails, the folder is still there and nothing else', { skip }, async (t) => {
  const project = await madeProject(t);
  const { folder } = await project.build('one');

  const stop = new AppError('INTERRUPTED', 'interrupted');
  await assert.rejects(writeMedia(folder, { format: 'tar', volumeBytes: MIB }), code('USAGE'));
  await assert.rejects(writeMedia(folder, { format: 'tar', signal: AbortSignal.abort(stop) }), code('INTERRUPTED'));

  assert.deepEqual(readdirSync(project.out), ['one']);
});

test('a broken installation is resumed with what it has, from another source too, and nothing false is believed', {
  skip,
}, async (t) => {
  const project = await madeProject(t, 'Acme', Date.now(), { diskBytes: 5 * MIB });
  const { folder } = await project.build('one');
  const [blob = ''] = readdirSync(join(folder, 'blobs'));
  const bytes = readFileSync(join(folder, 'blobs', blob));
  const { install, state } = computer(t);
  const part = join(state, 'staging', `${blob}.part`);
  const broken = join(scratch(t), 'broken');
  cpSync(folder, broken, { recursive: true });
  truncateSync(join(broken, 'blobs', blob), 2 * MIB);

  await assert.rejects(install(broken, { fingerprint: project.fingerprint }), code('FETCH_FAILED'));
  assert.equal(statSync(part).size, 2 * MIB);
  await collect(state, new Map());
  assert.equal(statSync(part).size, 2 * MIB, 'it outlives the service');

  const asked: string[] = [];
  const published = publishedListener(join(project.folder, 'published'));
  await using web = await listenTcp('127.0.0.1', 0, (request, response) => {
    if (request.url?.includes('blobs')) asked.push(request.headers.range ?? 'all');
    return published(request, response);
  });
  await install(`http://127.0.0.1:${web.port}/packages`, { fingerprint: project.fingerprint });

  assert.deepEqual(asked, [`bytes=${2 * MIB}-${bytes.length - 1}`]);
  assert.deepEqual(readdirSync(join(state, 'staging')), []);

  const other = computer(t);
  await assert.rejects(other.install(broken, { fingerprint: project.fingerprint }), code('FETCH_FAILED'));
  writeFileSync(join(other.state, 'staging', `${blob}.part`), Buffer.alloc(2 * MIB));
  await other.install(folder, { fingerprint: project.fingerprint });
  assert.equal((await readInstances(other.state)).length, 1);
});

test('an update comes from the address the project names, and all of a machine only when that was asked for', {
  skip,
}, async (t) => {
  const project = await madeProject(t);
  const { folder } = await project.build('one');
  const { install, state } = computer(t);
  await install(folder, { fingerprint: project.fingerprint });
  const update = (vm: string | undefined, full: boolean) =>
    updateFromServer(
      { full, replace: true, keepOld: false, ...(vm === undefined ? {} : { vm }) },
      {
        ...{ state, running: () => new Map(), now: Date.now() },
        ...{ signal: new AbortController().signal, onProgress: () => undefined },
      },
    );
  await assert.rejects(update('office', false), code('UPDATE_ADDRESS'));
  const asked: string[] = [];
  const published = publishedListener(join(project.folder, 'published'));
  await using web = await listenTcp('127.0.0.1', 0, (request, response) => {
    if (request.url?.includes('blobs')) asked.push(request.url);
    return published(request, response);
  });
  const opened = await openProject(project.folder);
  const packageServer = `http://127.0.0.1:${web.port}/packages`;
  await saveProjectFile(opened, { ...opened.file.value, packageServer });
  await project.changeDisk(0);
  await install((await project.build('two', { kind: 'update' })).folder, { replace: true });

  await project.changeDisk(512 << 10);
  await project.build('three', { kind: 'update' });
  await project.build('four', { kind: 'policy' });
  const reports = await update(undefined, false);

  assert.deepEqual(
    reports.map(({ generation }) => generation),
    [3, 4],
  );
  assert.equal(asked.length, 1, 'only the layer that it lacks');
  await assert.rejects(update('lab', false), code('VM_UNKNOWN'));
  await project.changeDisk(256 << 10);
  await project.build('five', { kind: 'update' });
  const [lowest] = (await openInstance(state, 'office')).current.machine.layers;
  rmSync(layerPath(state, lowest?.sha256 ?? ''));
  await assert.rejects(update('office', false), code('UPDATE_FULL'));
  assert.equal(asked.length, 1, 'nothing is fetched before the user was asked');
  await update('office', true);
  assert.equal((await openInstance(state, 'office')).current.generation, 5);
});
