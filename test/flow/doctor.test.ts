import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { scriptOf } from '../../lab/programs.ts';
import { program } from '../fakes/command-line.ts';
import { scratch } from '../fakes/made-project.ts';

const DOCTOR = [process.execPath, scriptOf('lazaret'), 'doctor'];

/** What the doctor says, whether or not it finds the computer ready. */
function doctor(before: readonly string[], env: Record<string, string> = {}): string {
  const [program = '', ...args] = [...before, ...DOCTOR, '--socket', '/nowhere/lazaretd.sock'];
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: 'pipe', env: { ...process.env, ...env } });
  } catch (error) {
    return String((error as { stderr: string }).stderr);
  }
}

test('the doctor tells an ordinary user what a service of his own needs', () => {
  // In a user namespace that maps nobody, everybody is nobody.
  const said = doctor(['unshare', '-U']);

  for (const what of ['/dev/net/tun open to you', 'program pasta', 'namespaces of your own', 'packet filter in them'])
    assert.match(said, new RegExp(`(ok|NOT OK) +${what} \\(rootless\\)`), said);
  assert.match(said, /NOT OK +the service answers +.*lazaretd --rootless/);
});

test('the doctor notes that QEMU has no SPICE module, which only a microphone needs', (t) => {
  const folder = scratch(t);
  const qemu = (drivers: string) => {
    writeFileSync(join(folder, 'qemu-system-x86_64'), `#!/bin/sh\necho 'QEMU emulator version 7.2.0\n${drivers}'\n`);
    chmodSync(join(folder, 'qemu-system-x86_64'), 0o755);
    return doctor([], { PATH: `${folder}:${process.env['PATH']}` });
  };

  assert.match(
    qemu('none\nwav'),
    /note +QEMU’s SPICE module.*do not start.*install the package qemu-system-modules-spice/,
  );
  assert.match(qemu('none\nspice\nwav'), /ok +QEMU’s SPICE module/);
});

test('the doctor speaks of the group, and of programs that are too old', (t) => {
  const folder = scratch(t);
  const old = join(folder, 'dnsmasq');
  writeFileSync(old, '#!/bin/sh\necho "Dnsmasq version 2.86  Copyright"\n');
  chmodSync(old, 0o755);

  const said = doctor([], { PATH: `${folder}:${process.env['PATH']}` });

  assert.match(said, /(ok|note) +the group lazaret/);
  assert.match(said, /NOT OK +program dnsmasq +dnsmasq is 2\.86; 2\.87 is needed/);
});

test('a service that hangs up is there: the doctor does not have it started', async (t) => {
  const socket = join(scratch(t), 'lazaretd.sock');
  const full = createServer((connection) => connection.destroy()).listen(socket);
  t.after(() => full.close());
  await once(full, 'listening');

  const { stdout, stderr } = await program('lazaret', ['--socket', socket, 'doctor']);

  assert.match(
    `${stdout}${stderr}`,
    /NOT OK +the service answers +.* closes the connection: end commands and pages that watch/,
  );
});
