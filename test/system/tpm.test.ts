import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { MainJob } from '../../lab/main-job.ts';
import { whyNoNetwork } from '../../lab/network.ts';
import { processOf } from '../../src/sys/programs/processes.ts';
import { counting, filesOf, goesOn, suspend } from '../fakes/counting-machine.ts';
import { open, PASSWORD } from '../fakes/encrypted-machine.ts';
import { DEFINE, LOOK, packedGuest, SUCCESS, toldTpm } from '../fakes/tpm-guest.ts';
import { until } from './net/until.ts';

const told = (job: MainJob, command: string) => toldTpm((script) => job.guest(script), command);

/** The process that is the machine’s TPM, by its record. */
function tpmOf(job: MainJob): number {
  const [path = ''] = globSync(join(job.computer.folder, 'run/*/machine.json'));
  return JSON.parse(readFileSync(path, 'utf8')).tpm.pid;
}

const isThere = (pid: number) => processOf(pid) !== undefined;

test('a guest has a TPM of its own, which is encrypted with its disks and goes with it', {
  skip: whyNoNetwork(),
}, async (t) => {
  await using job = await counting(PASSWORD, '', '1h', { hardware: ['--tpm'], guest: packedGuest() });
  const first = tpmOf(job);

  await t.test('its kernel finds a TPM 2, which keeps what it is told', async () => {
    assert.equal((await job.guest('cat /sys/class/tpm/tpm0/tpm_version_major')).output.trim(), '2');
    assert.notEqual(await told(job, LOOK), SUCCESS);
    assert.equal(await told(job, DEFINE), SUCCESS);
    assert.equal(await told(job, LOOK), SUCCESS);
  });

  await t.test('its state lies here encrypted, and its key is in no argument', async () => {
    const [path = ''] = filesOf(job, 'generations/1/tpm/tpm2-00.permall');
    const state = readFileSync(path);
    // Flags in the header: the state is encrypted, by a key of 256 bits.
    assert.equal(state.readUInt16BE(4) & 0x9, 0x9);
    const said = readFileSync(`/proc/${first}/cmdline`, 'utf8') + readFileSync(`/proc/${first}/environ`, 'utf8');
    assert.match(said, /^swtpm\0/);
    assert.doesNotMatch(said, /[0-9a-f]{32}/);
  });

  await t.test('it outlives the service, and a machine that goes on later has it as it was', async () => {
    await job.computer.stopService('SIGKILL');
    await job.computer.startService();
    assert.equal(tpmOf(job), first);
    const before = await suspend(job);
    assert.equal(isThere(first), false);
    await goesOn(job, before, PASSWORD);
    assert.equal(await told(job, LOOK), SUCCESS);
  });

  await t.test('where it is ended, its user is told', async () => {
    process.kill(tpmOf(job), 'SIGKILL');
    await until(async () => /its TPM has ended/.test(JSON.stringify(await job.computer.ask('/v1/events'))));
  });

  await t.test('it is the same after a start from the beginning', async () => {
    assert.equal((await job.computer.lazaret('stop', job.vm, '--force')).status, 0);
    await open(job, PASSWORD);
    await job.connect();
    assert.equal(await told(job, LOOK), SUCCESS);
    const last = tpmOf(job);
    assert.equal((await job.computer.lazaret('stop', job.vm, '--force')).status, 0);
    assert.equal(isThere(last), false);
  });
});
