import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { collect } from '../../src/install/change/generation/collect.ts';
import { openInstance, readInstances } from '../../src/install/state/instances.ts';
import { computerPaths, instancePaths, layerPath } from '../../src/install/state/layout.ts';
import { readReported } from '../../src/install/state/machine/reported.ts';
import { saveState } from '../../src/project/save.ts';
import { digestFile } from '../../src/sys/files/files.ts';
import { hasProgram, run } from '../../src/sys/programs/exec.ts';
import { imageFacts } from '../../src/sys/programs/qemu-img.ts';
import { code, computer } from '../fakes/made-computer.ts';
import { madeProject, scratch } from '../fakes/made-project.ts';
import { threeVersions, V2 } from '../fakes/quarantine.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';

test('a full package is installed, an update replaces the machine and brings its version', { skip }, async (t) => {
  const project = await madeProject(t);
  const { install, state } = computer(t);
  await project.setQuarantine(threeVersions());
  const full = await project.build('one');

  const first = await install(full.folder, { fingerprint: project.fingerprint });

  assert.deepEqual(first.machines, [{ vm: 'office', action: 'add', losesChanges: false, afterStop: false }]);
  assert.equal(await readReported(state, 'office', 1), undefined);
  const { file } = await openInstance(state, 'office');

  await project.changeDisk(512 << 10);
  await saveState(project.folder, 'office', { format: 1, descriptor: V2 });
  const update = await project.build('two', { kind: 'update' });
  assert.ok(update.blobBytes < full.blobBytes / 4, `${update.blobBytes} of ${full.blobBytes} bytes`);
  await assert.rejects(install(update.folder), code('INSTALL_CONFIRM'));
  const second = await install(update.folder, { replace: true, running: [['office', 1]] });

  assert.deepEqual(second.machines, [{ vm: 'office', action: 'replace', losesChanges: true, afterStop: true }]);
  const instance = await openInstance(state, 'office');
  assert.equal(instance.current.machine.release, 2);
  assert.deepEqual(instance.file, file, 'the machine keeps its address and number');
  assert.deepEqual(await readReported(state, 'office', 2), { descriptor: V2, origin: 'package' });
  for (const { sha256 } of instance.current.machine.layers) {
    assert.equal((await digestFile(layerPath(state, sha256))).sha256, sha256);
  }

  await collect(state, new Map([['office', 1]]));
  assert.ok(existsSync(join(state, 'instances/office/generations/1')), 'a running machine keeps its generation');
  await collect(state, new Map());
  assert.deepEqual(readdirSync(join(state, 'instances/office/generations')), ['2']);
  assert.equal(readdirSync(computerPaths(state).layers).length, 2, 'both layers of the chain are needed');
});

test('a data disk is made once and no byte of it changes, whatever is installed; its machine loses nothing', {
  skip,
}, async (t) => {
  const project = await madeProject(t, 'Acme', Date.now(), { dataDiskMiB: 64 });
  const { install, state } = computer(t);
  const { data } = instancePaths(state, 'office');
  await install((await project.build('one')).folder, { fingerprint: project.fingerprint });
  const { format, 'virtual-size': bytes } = Object(await imageFacts(data, 'qcow2'));
  assert.deepEqual([format, bytes], ['qcow2', 64 << 20]);
  await run('qemu-io', ['-f', 'qcow2', '-c', 'write -P 7 1M 64k', data]);
  const written = await digestFile(data);

  await project.changeDisk(0);
  await install((await project.build('two', { kind: 'update' })).folder);
  await collect(state, new Map());

  assert.deepEqual(await digestFile(data), written);
});

test('an update without its base says what is needed, and nothing is installed', { skip }, async (t) => {
  const project = await madeProject(t);
  const { install, state } = computer(t);
  await project.build('one');
  await project.changeDisk(0);
  const update = await project.build('two', { kind: 'update' });

  await assert.rejects(install(update.folder, { fingerprint: project.fingerprint }), code('LAYER_BASE_MISSING'));

  assert.deepEqual(await readInstances(state), []);
});

test('a computer takes one project, and is told both names when another comes', { skip }, async (t) => {
  const [ours, theirs] = [await madeProject(t, 'Ours'), await madeProject(t, 'Theirs')];
  const { install, state } = computer(t);
  const [one, two] = [await ours.build('one'), await theirs.build('one')];

  await assert.rejects(install(one.folder), code('TRUST_CONFIRM'));
  await assert.rejects(install(one.folder, { fingerprint: theirs.fingerprint }), code('TRUST_FINGERPRINT'));
  await install(one.folder, { fingerprint: ours.fingerprint });
  const refused = install(two.folder, { fingerprint: theirs.fingerprint });

  await assert.rejects(
    refused,
    (error: Error) =>
      /Ours/.test(error.message) && /Theirs/.test(error.message) && 'code' in error && error.code === 'TRUST_FOREIGN',
  );
  assert.equal((await readInstances(state)).length, 1);
});

test('an older package is refused once a newer one was seen, and nothing changes', { skip }, async (t) => {
  const project = await madeProject(t);
  const { install, state } = computer(t);
  const one = await project.build('one');
  const two = await project.build('two');
  await install(two.folder, { fingerprint: project.fingerprint });

  await assert.rejects(install(one.folder, { replace: true }), code('TRUST_ROLLBACK'));

  assert.equal((await openInstance(state, 'office')).current.generation, 2);
});

test('an expired package is refused', {
  skip,
}, async (t) => {
  const now = Date.now();
  const project = await madeProject(t, 'Acme', now);
  const { install } = computer(t);
  const short = await project.build('one', { validForMs: 3_600_000 });

  await assert.rejects(
    install(short.folder, { fingerprint: project.fingerprint, now: now + 7_200_000 }),
    code('TRUST_EXPIRED'),
  );
});

test('every flipped byte and every cut of a package is found before anything is installed', { skip }, async (t) => {
  const project = await madeProject(t);
  const { folder } = await project.build('one');
  const blobs = readdirSync(join(folder, 'blobs')).map((name) => join(folder, 'blobs', name));
  const targets = readdirSync(join(folder, 'targets')).map((name) => join(folder, 'targets', name));
  const metadata = readdirSync(join(folder, 'metadata')).map((name) => join(folder, 'metadata', name));

  for (const path of [...blobs, ...targets, ...metadata]) {
    const bytes = readFileSync(path);
    for (const damage of ['flip', 'cut', 'longer'] as const) {
      const { install, state } = computer(t);
      const changed = Buffer.from(damage === 'longer' ? Buffer.concat([bytes, Buffer.from('x')]) : bytes);
      const middle = Math.floor(changed.length / 2);
      changed[middle] = (changed[middle] ?? 0) ^ 1;
      writeFileSync(path, changed);
      if (damage === 'cut') truncateSync(path, middle);

      await assert.rejects(
        install(folder, { fingerprint: project.fingerprint }),
        { name: 'AppError' },
        `${damage} ${path}`,
      );

      assert.deepEqual(await readInstances(state), []);
      assert.deepEqual(readdirSync(state).includes('layers') ? readdirSync(computerPaths(state).layers) : [], []);
    }
    writeFileSync(path, bytes);
  }
});

test('an interrupted installation leaves nothing that the next one stumbles over', { skip }, async (t) => {
  const project = await madeProject(t);
  const { folder } = await project.build('one');
  const { install, state } = computer(t);
  const cancel = new AbortController();
  cancel.abort();

  await assert.rejects(install(folder, { fingerprint: project.fingerprint, signal: cancel.signal }));
  assert.deepEqual(await readInstances(state), []);
  await install(folder, { fingerprint: project.fingerprint });

  assert.equal((await readInstances(state)).length, 1);
});

test('what is no package is refused with a code', { skip }, async (t) => {
  const { install } = computer(t);

  await assert.rejects(install(scratch(t), { fingerprint: '0'.repeat(64) }), code('PACKAGE_INVALID'));
  await assert.rejects(install(scratch(t)), code('PACKAGE_INVALID'));
  await assert.rejects(install('ftp://example/x', { fingerprint: '0'.repeat(64) }), code('USAGE'));
  await assert.rejects(
    install(String(pathToFileURL('/nowhere/at/all')), { fingerprint: '0'.repeat(64) }),
    code('FILE_MISSING'),
  );
});

test('a package whose building is interrupted leaves nothing in the way of the next', { skip }, async (t) => {
  const project = await madeProject(t);
  const cancel = new AbortController();
  cancel.abort();

  await assert.rejects(project.build('one', { signal: cancel.signal }));
  assert.equal(existsSync(join(project.out, 'one')), false);
  const { folder } = await project.build('one');

  const { install, state } = computer(t);
  await install(folder, { fingerprint: project.fingerprint });
  assert.equal((await readInstances(state)).length, 1);
});
