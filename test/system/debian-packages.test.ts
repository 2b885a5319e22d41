import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { BareDebian, whyNoBareDebian } from '../../lab/bare-debian.ts';
import { makeDebianPackage } from '../../packaging/debian/build.ts';
import { ownRelease } from '../../src/sys/files/own-release.ts';
import { program } from '../fakes/command-line.ts';
import { madeProject, scratch } from '../fakes/made-project.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** Prints the process of each machine that runs. */
const MACHINES = `for p in /proc/[0-9]*; do case $(readlink $p/exe) in */qemu-system-*) echo \${p#/proc/} ;; esac; done`;

/** The package with the Node that we run on. */
async function made(t: TestContext): Promise<string> {
  const folder = scratch(t);
  const node = { processor: debians(), name: 'node-linux', version: process.versions.node, folder };
  mkdirSync(join(folder, 'bin'));
  cpSync(process.execPath, join(folder, 'bin', 'node'));
  writeFileSync(join(folder, 'LICENSE'), '');
  return makeDebianPackage('lazaret', node, {
    root: ROOT,
    work: join(folder, 'work'),
    out: folder,
    packing: ['-Znone'],
  });
}

function debians(): string {
  return execFileSync('dpkg', ['--print-architecture'], { encoding: 'utf8' }).trim();
}

/** The same package of another release, whose files `change` changes. */
function another(t: TestContext, path: string, release: string, change?: (tree: string) => void): string {
  const folder = scratch(t);
  const tree = join(folder, 'tree');
  execFileSync('dpkg-deb', ['-R', path, tree]);
  const control = join(tree, 'DEBIAN', 'control');
  writeFileSync(control, readFileSync(control, 'utf8').replace(/^Version: .*$/m, `Version: ${release}`));
  change?.(tree);
  const to = join(folder, `lazaret_${release}.deb`);
  execFileSync('dpkg-deb', ['-Znone', '--root-owner-group', '--build', tree, to]);
  rmSync(tree, { recursive: true });
  return to;
}

test('on a bare Debian: one command installs, machines run on over upgrades of every kind, and a purge leaves nothing', {
  skip: whyNoBareDebian(),
}, async (t) => {
  const path = await made(t);
  const former = another(t, path, '0.0.1');
  const broken = another(t, path, '99.0.0', (tree) =>
    writeFileSync(join(tree, 'usr/lib/lazaret/dist/programs/lazaretd.js'), 'process.exit(1);\n'),
  );
  const project = await madeProject(t);
  await using debian = await BareDebian.start();
  for (const deb of [path, former, broken]) cpSync(deb, join(debian.root, 'root', basename(deb)));
  const out = join(debian.root, 'root', 'packages');
  const create = ['-C', project.folder, 'package', 'create', 'one', '--kind', 'full', '--out', out];
  assert.equal((await program('lazaret-manager', create)).status, 0);
  writeFileSync(join(debian.root, 'etc', 'resolv.conf'), 'nameserver 127.0.0.1\n');
  const before = debian.files();
  const works = (...command: string[]) => {
    const { status, text } = debian.run(...command);
    assert.equal(status, 0, `${command.join(' ')}: ${text}`);
    return text;
  };
  const apt = (what: string, ...more: string[]) =>
    works('apt-get', what, '-y', '-q', '--no-install-recommends', '-o', 'Dpkg::Options::=--force-unsafe-io', ...more);
  const service = () => works('systemctl', 'show', '-P', 'MainPID', 'lazaretd');
  const machine = () => works('sh', '-c', MACHINES);

  apt('install', `/root/${basename(former)}`);
  assert.equal(works('systemctl', 'is-active', 'lazaretd'), 'active');
  assert.equal(works('getent', 'group', 'lazaret').split(':')[0], 'lazaret');
  assert.doesNotMatch(works('lazaret', 'doctor'), /NOT OK/);
  works('lazaret', 'install', '/root/packages/one', '--fingerprint', project.fingerprint);
  works('lazaret', 'start', 'office');
  const [runs, served] = [machine(), service()];
  assert.match(runs, /^\d+$/);

  // Killed between its steps, it is ended by what dpkg itself tells people to do.
  works('dpkg', '--unpack', '--force-unsafe-io', `/root/${basename(path)}`);
  assert.match(works('lazaret', 'list'), /office +running/);
  works('dpkg', '--configure', '-a');
  assert.equal(works('lazaret', '--version'), `lazaret ${ownRelease()}`);
  assert.notEqual(service(), served);
  assert.equal(machine(), runs);
  assert.match(works('lazaret', 'list'), /office +running/);

  // One that does not come up leaves them alone, and gives way to the former one.
  assert.match(apt('install', `/root/${basename(broken)}`), /the service did not start/);
  assert.equal(machine(), runs);
  apt('install', '--allow-downgrades', `/root/${basename(path)}`);
  assert.equal(machine(), runs);
  assert.match(works('lazaret', 'list'), /office +running/);

  apt('remove', 'lazaret');
  assert.equal(machine(), '', 'machines end before what watches over them');
  assert.equal(works('ip', 'netns', 'list'), '');
  assert.ok(existsSync(join(debian.root, 'var', 'lib', 'lazaret', 'instances')), 'what users have stays');

  apt('purge', 'lazaret');
  assert.equal(debian.run('getent', 'group', 'lazaret').text, '');
  const known = new Set([...before, ...works('sh', '-c', 'cat /var/lib/dpkg/info/*.list | sed s,^/,,').split('\n')]);
  const left = debian.files().filter((file) => !known.has(file) && /lazaret/.test(file));
  assert.deepEqual(left, []);
});
