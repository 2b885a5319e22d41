import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { hash } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeTree } from '../../packaging/tree.ts';
import { ownRelease } from '../../src/sys/files/own-release.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { ended } from '../fakes/command-line.ts';
import { madeProject, scratch } from '../fakes/made-project.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';
/** An installed Lazaret takes the Node that it finds. */
const env = { PATH: `${dirname(process.execPath)}:${process.env['PATH']}` };

/** What is in a folder: each file’s path, mode and bytes. */
function contents(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).sort();
  const shown = (path: string) => `${statSync(path).mode.toString(8)} ${hash('sha256', readFileSync(path))}`;
  return new Map(paths.map((path) => [path.slice(folder.length + 1), shown(path)]));
}

test('where the library is not there that its own Node needs, each program says which package has it', async (t) => {
  const tree = scratch(t);
  for (const name of ['lazaret', 'lazaretd', 'lazaret-manager']) {
    cpSync(join(ROOT, 'bin', name), join(tree, 'bin', name));
    // As a Node that was linked with it, and cannot be loaded.
    writeFileSync(join(tree, 'bin', 'node'), '#!/bin/sh\nexit 127\n', { mode: 0o755 });
    const hidden =
      'for f in /lib*/libatomic.so.1 /lib/*/libatomic.so.1; do [ ! -e $f ] || mount --bind /dev/null $f; done; exec "$@"';
    const { status, stderr } = await ended([
      'unshare',
      '-rm',
      'sh',
      '-c',
      hidden,
      'sh',
      join(tree, 'bin', name),
      '--version',
    ]);

    assert.equal(status, 69, stderr);
    assert.equal(stderr, `${name}: its Node does not start: install the package libatomic1 (Fedora: libatomic)\n`);
  }
});

test('what people install is made of the same sources byte for byte, and names all that it holds of others', async (t) => {
  const [one, other] = [scratch(t), scratch(t)];
  await makeTree(ROOT, one);
  await makeTree(ROOT, other);
  const made = contents(one);
  assert.deepEqual([...contents(other)], [...made]);
  assert.deepEqual(
    [...made.keys()].filter((path) => /node_modules|\.ts$|\.test\./.test(path)),
    [],
  );
  // Of a program with a letter that is none of ASCII Node would keep two bytes for each.
  for (const path of [...made.keys()].filter((path) => /^dist\/programs\/.*\.js$/.test(path)))
    assert.equal(
      readFileSync(join(one, path)).findIndex((byte) => byte > 0x7f),
      -1,
      path,
    );
  const { components } = JSON.parse(readFileSync(join(one, 'bill-of-materials.json'), 'utf8'));
  const names = components.map(({ name }: { name: string }) => name);
  for (const name of ['tuf-js', 'zod', 'age-encryption', 'react', '@novnc/novnc'])
    assert.ok(names.includes(name), name);
  const licences = readFileSync(join(one, 'NOTICES'), 'utf8');
  for (const { name, version } of components) assert.ok(licences.includes(`${name} ${version} (`), name);
});

test('it needs a Node and no package: a package is made and installed by it, and its player is there', {
  skip,
}, async (t) => {
  const tree = scratch(t);
  await makeTree(ROOT, tree);
  const project = await madeProject(t);
  const run = (name: string, ...words: string[]) => ended([join(tree, 'bin', name), ...words], env);
  const said = await run('lazaret', '--version');
  assert.equal(said.stdout, `lazaret ${ownRelease()}\n`, said.stderr);

  const create = ['package', 'create', 'one', '--kind', 'full', '--out', project.out];
  const created = await run('lazaret-manager', '-C', project.folder, ...create);
  assert.equal(created.status, 0, created.stderr);
  const { socket } = await started(t, tree);
  const lazaret = (...words: string[]) => run('lazaret', '--socket', socket, ...words);
  const installed = await lazaret('install', join(project.out, 'one'), '--fingerprint', project.fingerprint);
  assert.equal(installed.status, 0, installed.stderr);
  assert.match((await lazaret('list')).stdout, /office/);

  const { stdout } = await lazaret('open', '--no-browser', '--json');
  const page = await fetch(JSON.parse(stdout).url, { redirect: 'manual' });
  const [cookie = ''] = page.headers.getSetCookie();
  const answer = await fetch(new URL('/', JSON.parse(stdout).url), { headers: { cookie: cookie.split(';')[0] ?? '' } });
  assert.match(await answer.text(), /<div id="root">/);
});

/** The service of that tree, until the test ends. */
async function started(t: TestContext, tree: string): Promise<{ socket: string }> {
  const folder = scratch(t);
  const socket = join(folder, 'run', 'lazaretd.sock');
  const where = ['--state', join(folder, 'state'), '--run', join(folder, 'run'), '--accel', 'tcg'];
  const service: ChildProcess = spawn(join(tree, 'bin', 'lazaretd'), where, {
    stdio: 'ignore',
    env: { ...process.env, ...env },
  });
  const end = once(service, 'close');
  t.after(async () => {
    service.kill('SIGKILL');
    await end;
  });
  while (!existsSync(socket) && service.exitCode === null) await sleep(20);
  return { socket };
}
