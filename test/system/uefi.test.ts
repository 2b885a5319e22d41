import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { globSync, truncateSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { MainJob } from '../../lab/main-job.ts';
import { whyNoNetwork } from '../../lab/network.ts';
import { scratch } from '../fakes/made-project.ts';

const MIB = 1 << 20;
const DISK_MIB = 64;
/** A program for the firmware’s own shell, which switches the machine off after a while. */
const STARTUP = 'for %i run (1 10)\r\n  echo It starts by UEFI.\r\n  stall 1000000\r\nendfor\r\nreset -s\r\n';

/** A disk that firmware of our days starts: one partition with what its shell is to run. */
function uefiDisk(folder: string): string {
  const [disk, part, startup] = ['disk.raw', 'part', 'startup.nsh'].map((name) => join(folder, name));
  for (const [path, mib] of [
    [disk, DISK_MIB],
    [part, DISK_MIB - 2],
  ] as const) {
    writeFileSync(path ?? '', '');
    truncateSync(path ?? '', mib * MIB);
  }
  writeFileSync(startup ?? '', STARTUP);
  execFileSync('sfdisk', ['-q', disk ?? ''], {
    input: `label: gpt\nstart=2048,size=${(DISK_MIB - 2) * 2048},type=U\n`,
  });
  execFileSync('mkfs.vfat', [part ?? ''], { stdio: 'ignore' });
  execFileSync('mcopy', ['-i', part ?? '', startup ?? '', '::startup.nsh']);
  execFileSync('dd', [`if=${part}`, `of=${disk}`, 'bs=1M', 'seek=1', 'conv=notrunc,sparse', 'status=none']);
  return disk ?? '';
}

/** Waits until the serial line has said so. */
async function hears(console: string, text: string): Promise<void> {
  const socket = connect(console);
  await once(socket, 'connect');
  let heard = '';
  for await (const chunk of socket) {
    heard += String(chunk);
    if (heard.includes(text)) return;
  }
  assert.fail(`the machine ended without it: ${heard}`);
}

test('a machine whose disk starts by UEFI is known by its partitions, and starts in the project and installed', {
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
});
