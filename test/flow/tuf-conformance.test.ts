import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { scratch } from '../fakes/made-project.ts';
import { trustProject } from '../fakes/trust-project.ts';

const CLIENT = join(import.meta.dirname, '..', 'tuf-conformance', 'client.ts');

test('the conformance client speaks the suite’s protocol: init, refresh, download, exit 0 or 1', async (t) => {
  const project = await trustProject(t);
  await project.release('packages', { 'office.json': '{"release":2}' }, Date.now());
  const folder = scratch(t);
  const [metadata, targets] = [join(folder, 'metadata'), join(folder, 'targets')];
  mkdirSync(targets);
  const address = (part: string) => String(pathToFileURL(join(project.packages, part)));
  // The suite starts it as a program, by its path alone.
  const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env['PATH']}` };
  const client = (...args: string[]) =>
    spawnSync(CLIENT, ['--metadata-dir', metadata, ...args], { encoding: 'utf8', env });
  const refresh = () => client('--metadata-url', address('metadata'), 'refresh').status;
  const download = (name: string) =>
    client(
      '--metadata-url',
      address('metadata'),
      '--target-name',
      name,
      '--target-base-url',
      address('targets'),
      '--target-dir',
      targets,
      'download',
    );

  assert.equal(refresh(), 1, 'init comes first');
  assert.equal(client('init', join(project.packages, 'metadata', '1.root.json')).status, 0);
  assert.equal(refresh(), 0);
  assert.deepEqual(readdirSync(metadata).sort(), ['root.json', 'snapshot.json', 'targets.json', 'timestamp.json']);

  const got = download('office.json');
  assert.equal(got.status, 0, got.stderr);
  assert.equal(readFileSync(join(targets, 'office.json'), 'utf8'), '{"release":2}');
  assert.equal(download('none.json').status, 1);

  const before = readFileSync(join(metadata, 'timestamp.json'));
  await project.release('packages', {}, Date.now());
  const published = join(project.packages, 'metadata', 'timestamp.json');
  writeFileSync(published, readFileSync(published, 'utf8').replace(/("sig":\s*")./, '$1x'));
  assert.equal(refresh(), 1, 'a changed file is refused');
  assert.deepEqual(readFileSync(join(metadata, 'timestamp.json')), before);
});
