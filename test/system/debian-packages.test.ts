import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
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
  const to = join(folder, `lazaret_${release}_${debians()}.deb`);
  execFileSync('dpkg-deb', ['-Znone', '--root-owner-group', '--build', tree, to]);
  rmSync(tree, { recursive: true });
  return to;
}

/** A small other package of the same name, in a folder. */
function unpacked(t: TestContext, path: string): string {
  const tree = join(scratch(t), 'tree');
  mkdirSync(tree);
  execFileSync('dpkg-deb', ['-e', path, join(tree, 'DEBIAN')]);
  return tree;
}

test('on a bare Debian: a medium brings Lazaret and its machines, they run on over upgrades of every kind, and a purge leaves nothing', {
  skip: whyNoBareDebian(),
}, async (t) => {
  const path = await made(t);
  const former = another(t, path, '0.0.1');
  const broken = another(t, path, '99.0.0', (tree) =>
    writeFileSync(join(tree, 'usr/lib/lazaret/dist/programs/lazaretd.js'), 'process.exit(1);\n'),
  );
  const project = await madeProject(t);
  await using debian = await BareDebian.start();
  cpSync(path, join(debian.root, 'root', basename(path)));
  const media = join(debian.root, 'srv');
  for (const [name, deb] of [
    ['one', former],
    ['two', broken],
  ] as const) {
    const create = ['-C', project.folder, 'package', 'create', name, '--kind', 'full', '--out', media];
    const made = await program('lazaret-manager', [...create, '--with-lazaret', dirname(deb)]);
    assert.equal(made.status, 0, made.stderr);
  }
  writeFileSync(join(debian.root, 'etc', 'resolv.conf'), 'nameserver 127.0.0.1\n');
  const before = debian.files();
  const works = (...command: string[]) => {
    const { status, text } = debian.run(...command);
    assert.equal(status, 0, `${command.join(' ')}: ${text}`);
    return text;
  };
  // Of no network; and nothing here outlives a power cut.
  writeFileSync(join(debian.root, 'etc/apt/apt.conf.d/test'), 'APT::Install-Recommends "false";\n');
  writeFileSync(join(debian.root, 'etc/dpkg/dpkg.cfg.d/test'), 'force-unsafe-io\n');
  const apt = (what: string, ...more: string[]) => works('apt-get', what, '-y', '-q', ...more);
  const service = () => works('systemctl', 'show', '-P', 'MainPID', 'lazaretd');
  const machine = () => works('sh', '-c', MACHINES);

  // From a stick to a running machine: who may not install is told the command that does, and root's takes the machine with it.
  works('useradd', 'alice');
  const one = ['sh', '/srv/one/install', '--fingerprint', project.fingerprint];
  const alice = ['setpriv', '--reuid', 'alice', '--regid', 'alice', '--init-groups'];
  const told = debian.run(...alice, ...one);
  assert.equal(told.status, 77, told.text);
  assert.match(told.text, /Run: su root -c "sh '\/srv\/one\/install'"$/);
  const half = join(media, 'one', 'lazaret', basename(former));
  truncateSync(half, statSync(half).size / 2);
  assert.match(
    debian.run(...one).text,
    /^install: lazaret\/lazaret_0\.0\.1_\w+\.deb is damaged, or was not copied whole/,
  );
  cpSync(former, half);
  assert.match(
    works('env', 'SUDO_USER=alice', ...one),
    /office installed[\s\S]*alice is in the group lazaret now[\s\S]*Lazaret 0\.0\.1 is as Acme signed it/,
  );
  assert.equal(works('systemctl', 'is-active', 'lazaretd'), 'active');
  assert.equal(works('getent', 'group', 'lazaret').split(':')[0], 'lazaret');
  assert.doesNotMatch(works('lazaret', 'doctor'), /NOT OK/);
  assert.match(works(...alice, 'lazaret', 'start', 'office'), /^office/);
  const [runs, served] = [machine(), service()];
  assert.match(runs, /^\d+$/);

  // Killed between its steps, it is ended by what dpkg itself tells people to do.
  works('dpkg', '--unpack', `/root/${basename(path)}`);
  assert.match(works('lazaret', 'list'), /office +running/);
  works('dpkg', '--configure', '-a');
  assert.equal(works('lazaret', '--version'), `lazaret ${ownRelease()}`);
  assert.notEqual(service(), served);
  assert.equal(machine(), runs);
  assert.match(works('lazaret', 'list'), /office +running/);

  // Never back, and never what was not signed, whatever the medium says of it.
  assert.match(works(...one), /office was installed already[\s\S]*it stays as it is/);
  const two = join(media, 'two', 'lazaret', basename(broken));
  const changed = join(scratch(t), basename(broken));
  execFileSync('dpkg-deb', ['-Znone', '--root-owner-group', '--build', unpacked(t, two), changed]);
  cpSync(changed, two);
  writeFileSync(join(dirname(two), 'SHA256SUMS'), execFileSync('sha256sum', [basename(two)], { cwd: dirname(two) }));
  assert.match(debian.run('sh', '/srv/two/install').text, /TRUST_DIGEST[\s\S]*Lazaret 0\.1\.0 stays as it is/);
  assert.equal(works('lazaret', '--version'), `lazaret ${ownRelease()}`);
  cpSync(broken, two);

  // One that does not come up leaves them alone, and gives way to the former one.
  assert.match(works('lazaret', 'upgrade', '/srv/two'), /in place of 0\.1\.0[\s\S]*the service did not start/);
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
