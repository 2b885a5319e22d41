import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readInstances } from '../../src/install/state/instances.ts';
import { publishedListener } from '../../src/manager/published.ts';
import { listenTcp } from '../../src/sys/http/http-server.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { code, computer } from '../fakes/made-computer.ts';
import { madeProject } from '../fakes/made-project.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';
const REPLACE = { replace: true };

test('a computer that is two releases behind: one package with both layers, or from an address what it lacks', {
  skip,
}, async (t) => {
  const project = await madeProject(t);
  const one = await project.build('one');
  const behind = [computer(t), computer(t)] as const;
  const abreast = computer(t);
  for (const { install } of [...behind, abreast]) await install(one.folder, { fingerprint: project.fingerprint });
  await project.changeDisk(0);
  await abreast.install((await project.build('two', { kind: 'update' })).folder, REPLACE);
  await project.changeDisk(256 << 10);
  const blobsOf = (folder: string) => readdirSync(join(folder, 'blobs'));

  const short = await project.build('three', { kind: 'update' });
  assert.equal(blobsOf(short.folder).length, 1);
  await assert.rejects(behind[0].install(short.folder, REPLACE), {
    ...code('LAYER_BASE_MISSING'),
    message: /release 2/,
  });

  const long = await project.build('three-since-one', { kind: 'update', since: 1 });
  assert.equal(blobsOf(long.folder).length, 2);
  assert.deepEqual(
    long.machines.map(({ layers }) => layers),
    [3],
  );
  await behind[0].install(long.folder, REPLACE);
  await abreast.install(long.folder, REPLACE);
  await assert.rejects(project.build('four', { kind: 'update', since: 9 }), code('USAGE'));

  const asked: string[] = [];
  const published = publishedListener(join(project.folder, 'published'));
  await using web = await listenTcp('127.0.0.1', 0, (request, response) => {
    if (request.url?.includes('blobs')) asked.push(request.url);
    return published(request, response);
  });
  await behind[1].install(`http://127.0.0.1:${web.port}/packages`, REPLACE);
  assert.equal(new Set(asked).size, 2, 'the two layers that it lacks, and not the first');

  const states = [...behind, abreast].map(async ({ state }) => {
    const [instance] = await readInstances(state);
    return instance?.current.machine.layers.map(({ sha256 }) => sha256);
  });
  const [first, ...others] = await Promise.all(states);
  assert.equal(first?.length, 3);
  for (const layers of others) assert.deepEqual(layers, first);
});
