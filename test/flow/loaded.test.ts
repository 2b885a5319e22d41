import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { scriptOf } from '../../lab/programs.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { ended } from '../fakes/command-line.ts';
import { type Ends, madeProject, scratch } from '../fakes/made-project.ts';
import { threeVersions, V2 } from '../fakes/quarantine.ts';
import { service } from '../fakes/service.ts';

// A user waits for what a command loads: each loads what it uses, and no other command’s libraries.
// What sources import by its name is a part of no name where programs are joined.
delete process.env['LAZARET_INSTALLED'];
const SAYS = pathToFileURL(join(import.meta.dirname, '..', 'fakes', 'say-loaded.ts')).href;
const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';

/** Runs a program, and gives the packages that it loaded, and `undici` of Node’s own. */
async function loadedBy(t: Ends, name: 'lazaret' | 'lazaret-manager' | 'lazaretd', ...words: string[]) {
  const to = join(scratch(t), 'loaded');
  const env = { NODE_OPTIONS: `--import=${SAYS}`, LAZARET_TEST_LOADED: to };
  const said = await ended([process.execPath, scriptOf(name), ...words], env);
  const packages = readFileSync(to, 'utf8').split('\n');
  return { ...said, packages };
}

test('asking the service loads what reads arguments and answers: no client of the web, no encryption', async (t) => {
  const socket = join(scratch(t), 'nobody.sock');
  const { status, packages } = await loadedBy(t, 'lazaret', '--socket', socket, 'status');
  assert.equal(status, 69);
  assert.deepEqual(packages, ['commander', 'ipaddr.js', 'zod']);
});

test('foreseeing access loads the project’s texts besides: no server, no signing, no program that runs others', {
  skip,
}, async (t) => {
  const project = await madeProject(t);
  await project.setQuarantine(threeVersions());
  const words = ['-C', project.folder, 'nq', 'simulate', 'office', '--descriptor', V2, '--to', '10.0.0.1:80'];
  const { status, stderr, packages } = await loadedBy(t, 'lazaret-manager', ...words);
  assert.equal(status, 0, stderr);
  assert.deepEqual(packages, ['commander', 'ipaddr.js', 'yaml', 'zod']);
});

/** What some commands need, and whoever does something else does not wait for. */
const WEB = ['hono', '@hono/node-server', 'ws'];
const ENCRYPTION = ['age-encryption', '@noble/ciphers', '@noble/curves', '@noble/hashes', '@noble/post-quantum'];
const DIRECTORY = ['ldapts'];

const LATER = [
  { name: 'lazaretd', words: ['--help'], later: [...ENCRYPTION, ...DIRECTORY, 'yaml', 'saxes'] },
  { name: 'lazaret-manager', words: ['package', '--help'], later: [...ENCRYPTION, ...DIRECTORY, ...WEB, 'saxes'] },
  { name: 'lazaret-manager', words: ['vm', '--help'], later: [...ENCRYPTION, ...DIRECTORY, ...WEB, 'tuf-js'] },
  { name: 'lazaret', words: ['upgrade', '--help'], later: [...ENCRYPTION, ...DIRECTORY, ...WEB, 'tuf-js', 'yaml'] },
] as const;

for (const { name, words, later } of LATER)
  test(`${name} ${words.join(' ')} loads nothing that it does not use: no ${later.join(', ')}`, async (t) => {
    const { packages } = await loadedBy(t, name, ...words);
    assert.ok(packages.includes('commander'));
    assert.deepEqual(
      later.filter((each) => packages.includes(each)),
      [],
    );
  });

test('a service that runs has loaded what it opens files with: an upgrade that replaces its files takes none away', async (t) => {
  const to = join(scratch(t), 'loaded');
  const { lazaret, end } = await service(t, { NODE_OPTIONS: `--import=${SAYS}`, LAZARET_TEST_LOADED: to });
  assert.equal((await lazaret('status')).status, 0);
  await end();
  assert.ok(readFileSync(to, 'utf8').includes('age-encryption'));
});
