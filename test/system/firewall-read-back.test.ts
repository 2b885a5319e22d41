import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { scratch } from '../fakes/made-project.ts';
import { Lab, whyNot } from './net/lab.ts';
import { until } from './net/until.ts';

const skip = whyNot();

test('a kernel that did not take the setting by which a machine’s packets are passed on is found out', {
  skip,
}, async (t) => {
  const lab = Lab.start(t);
  const folder = scratch(t);
  // It says that all is well, as a program does whose write went nowhere.
  standsBefore(folder, 'tee', 'case "$*" in */ipv4/ip_forward*) exec cat ;; esac');
  const service = lab.anotherService(folder);
  await service.call('open', lab.choice());

  await assert.rejects(service.call('openForwarding', lab.id), {
    code: 'NETWORK_FAILED',
    message: /its kernel has "0"/,
  });

  await service.call('close', lab.id);
});

test('what was just put in force on the computer is not looked at once more before it is time', { skip }, async (t) => {
  const lab = Lab.start(t);
  const folder = scratch(t);
  const looks = join(folder, 'looks');
  // The kernel’s own news, which would have it look at any time, are not heard here.
  const silent = 'case "$*" in monitor*) exec sleep infinity ;; esac';
  standsBefore(folder, 'ip', silent);
  standsBefore(
    folder,
    'nft',
    `${silent}; case "$*" in *"list table inet lazaret_host") date +%s%3N >>${looks} ;; esac`,
  );
  const service = lab.anotherService(folder);
  lab.inHost('ip', 'link', 'add', 'lz-one', 'type', 'veth', 'peer', 'name', 'p-one');
  await service.call('prepareHost', 'lz-one');
  rmSync(looks);
  const firstLook = () => /^(\d+)\n/.exec(existsSync(looks) ? readFileSync(looks, 'utf8') : '')?.[1];

  const began = Date.now();
  await service.call('lookAfterHost');
  await until(() => firstLook() !== undefined);

  // Every two seconds, whatever the kernel says; a slow computer looks later.
  assert.ok(Number(firstLook()) - began > 1900, `after ${Number(firstLook()) - began} ms`);
  lab.inHost('ip', 'link', 'del', 'lz-one');
  await service.call('settleHost', 'lz-one');
});

/** A program of this name in a folder that is looked at first: it does this, and then what the program does. */
function standsBefore(folder: string, name: string, script: string): void {
  const text = `#!/bin/sh\n${script}\nPATH=\${PATH#*:} exec ${name} "$@"\n`;
  writeFileSync(join(folder, name), text, { mode: 0o755 });
}
