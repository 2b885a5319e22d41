import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { MainJob } from '../../lab/main-job.ts';
import { whyNoNetwork } from '../../lab/network.ts';
import { scratch } from '../fakes/made-project.ts';
import { hears, uefiDisk } from '../fakes/uefi-disk.ts';

test('a machine whose disk starts by UEFI is known by its partitions, and starts in the project and installed; with Secure Boot only what is signed', {
  skip: whyNoNetwork(),
}, async (t) => {
  await using job = await MainJob.start();
  const fingerprint = await job.makeProject();
  const { computer } = job;
  const disk = uefiDisk(scratch(t));
  const added = await computer.manager('vm', 'add', 'zebra', '--disk', disk, '--memory', '256', '--json');
  assert.equal(JSON.parse(added.stdout).firmware, 'uefi');

  const run = ['--run', join(computer.folder, 'own'), '--accel', 'tcg', '--resolver', job.network.resolver];
  const { said, ended } = await computer.startManager('host', 'power-on', 'zebra', ...run, '--wait', '0s', '--json');
  await hears(JSON.parse(said).sockets.console, 'It starts by UEFI.');
  await ended;

  const built = await job.build('one', 'full', '--vm', 'zebra');
  assert.equal((await job.install(built, '--fingerprint', fingerprint)).status, 0);
  assert.equal((await computer.lazaret('start', 'zebra')).status, 0);
  const [record = ''] = globSync(join(computer.folder, '**', 'machine.json'));
  await hears(join(record, '..', 's', 'console'), 'It starts by UEFI.');
  assert.equal((await computer.lazaret('stop', 'zebra', '--force')).status, 0);

  // The shell of the firmware, which that disk is for, is signed by nobody.
  const set = await computer.manager('vm', 'set', 'zebra', '--secure-boot', '--json');
  assert.equal(set.status, 0, set.stdout);
  const { status, stdout } = await job.install(await job.build('two', 'full', '--vm', 'zebra'), '--yes');
  assert.equal(status, 0, stdout);
  assert.equal((await computer.lazaret('start', 'zebra')).status, 0);
  const [secure = ''] = globSync(join(computer.folder, '**', 'machine.json'));
  await hears(join(secure, '..', 's', 'console'), 'Security Violation');
  assert.equal((await computer.lazaret('stop', 'zebra', '--force')).status, 0);
});
