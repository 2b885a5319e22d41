import assert from 'node:assert/strict';
import { cpSync, existsSync, readdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readInstances } from '../../src/install/instances.ts';
import { publishedListener } from '../../src/manager/published.ts';
import { MEDIA, writeMedia } from '../../src/package/media/write.ts';
import { hasProgram } from '../../src/sys/exec.ts';
import { listenTcp } from '../../src/sys/http-server.ts';
import { code, computer } from '../fakes/made-computer.ts';
import { madeProject } from '../fakes/made-project.ts';

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

  const missing = install(one, { fingerprint: project.fingerprint });
  await assert.rejects(missing, { ...code('VOLUME_MISSING'), message: /volume 2 of \d of one .*vol2\.tar/ });
  cpSync(three, two);
  await assert.rejects(install(one), { ...code('VOLUME_WRONG'), message: /should be volume 2 .* it is volume 3/ });
  renameSync(aside, two);
  await install(one);

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

test('where writing media fails, the folder is still there and nothing else', { skip }, async (t) => {
  const project = await madeProject(t);
  const { folder } = await project.build('one');

  await assert.rejects(writeMedia(folder, { format: 'tar', volumeBytes: MIB }), code('USAGE'));
  await assert.rejects(writeMedia(folder, { format: 'tar', signal: AbortSignal.abort() }), code('INTERRUPTED'));

  assert.deepEqual(readdirSync(project.out), ['one']);
});
