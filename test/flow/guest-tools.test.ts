import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { program } from '../fakes/command-line.ts';
import { scratch } from '../fakes/made-project.ts';

const ROOT = join(import.meta.dirname, '..', '..');

test('one image of a CD has the guest tools for Windows and for Linux, and what to run', async (t) => {
  const folder = scratch(t);
  const iso = join(folder, 'tools.iso');
  const made = await program('lazaret-manager', ['guest-tools', '--format', 'iso', '--out', iso, '--json']);
  assert.equal(made.status, 0, made.stderr);

  const cd = join(folder, 'cd');
  execFileSync('xorriso', ['-osirrox', 'on', '-indev', iso, '-extract', '/', cd], { stdio: 'ignore' });
  assert.deepEqual(readdirSync(cd).sort(), [
    ...['README.txt', 'install.sh', 'lazaret-tools-32.exe', 'lazaret-tools-64.exe', 'vmware-guestd'],
  ]);
  const same = (name: string, from: string) =>
    assert.ok(readFileSync(join(cd, name)).equals(readFileSync(join(ROOT, from, name))), name);
  for (const name of ['lazaret-tools-32.exe', 'lazaret-tools-64.exe']) same(name, 'dist/guest-windows');
  same('vmware-guestd', 'src/guest/tools');
  assert.deepEqual(readdirSync(folder).sort(), ['cd', 'tools.iso'], 'nothing is left beside it');

  const again = await program('lazaret-manager', ['guest-tools', '--format', 'iso', '--out', iso, '--json']);
  assert.match(again.stdout, /FILE_EXISTS/);
});

test('the Linux tools come as an archive, and as a package that Debian installs and removes', async (t) => {
  const folder = scratch(t);
  const [tar, deb, root] = [join(folder, 'tools.tar'), join(folder, 'tools.deb'), join(folder, 'root')];
  for (const [format, path] of [
    ['tar', tar],
    ['deb', deb],
  ] as const)
    assert.equal((await program('lazaret-manager', ['guest-tools', '--format', format, '--out', path])).status, 0);

  const names = execFileSync('tar', ['-tf', tar], { encoding: 'utf8' }).trim().split('\n').sort();
  assert.deepEqual(names, ['lazaret-guest/', 'lazaret-guest/install.sh', 'lazaret-guest/vmware-guestd']);
  execFileSync('dpkg-deb', ['-R', deb, root]);
  assert.match(readFileSync(join(root, 'DEBIAN', 'control'), 'utf8'), /^Package: lazaret-guest\nVersion: 1\n/);
  const [guest, control] = [join(folder, 'guest'), (name: string) => join(root, 'DEBIAN', name)];
  mkdirSync(join(guest, 'etc/systemd/system'), { recursive: true });
  /** What dpkg would run, on a guest in a folder. */
  const run = (name: string) => {
    const script = readFileSync(control(name), 'utf8').replaceAll('/usr/share', `${root}/usr/share`);
    execFileSync('sh', ['-c', script.replace(' >/dev/null', ` ${guest} >/dev/null`)]);
  };
  run('postinst');
  assert.ok(lstatSync(join(guest, 'usr/sbin/nq-set')));
  run('prerm');
  assert.equal(execFileSync('find', [guest, '-not', '-type', 'd'], { encoding: 'utf8' }), '');
});

test('installed from a CD, the Linux tools start with systemd, OpenRC and System V’s init, whichever is there', (t) => {
  const install = join(ROOT, 'src/guest/tools/install.sh');
  const rows: [has: string, starts: string[]][] = [
    ['etc/systemd/system', ['etc/systemd/system/multi-user.target.wants/lazaret-hello.service']],
    ['sbin/openrc-run', ['etc/init.d/lazaret-guest', 'etc/runlevels/default/lazaret-guest']],
    ['etc/rc2.d', ['etc/init.d/lazaret-guest', 'etc/rc2.d/S99lazaret-guest', 'etc/rc5.d/S99lazaret-guest']],
  ];
  for (const [has, starts] of rows) {
    const root = scratch(t);
    if (has.startsWith('sbin/')) execFileSync('install', ['-D', '-m', '755', '/bin/true', join(root, has)]);
    else mkdirSync(join(root, has), { recursive: true });
    for (const _time of [1, 2]) execFileSync('sh', [install, root], { stdio: 'ignore' });
    for (const path of ['usr/sbin/vmware-guestd', 'usr/sbin/nq-set', ...starts])
      assert.ok(lstatSync(join(root, path), { throwIfNoEntry: false }), `${has}: ${path}`);
    const script = join(root, 'etc/init.d/lazaret-guest');
    if (has !== 'etc/systemd/system') execFileSync('sh', ['-n', script]);
    execFileSync('sh', [install, '--remove', root], { stdio: 'ignore' });
    const left = execFileSync('find', [root, '-not', '-type', 'd', '-not', '-name', 'openrc-run'], {
      encoding: 'utf8',
    });
    assert.equal(left, '', has);
  }
});
