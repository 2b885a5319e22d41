import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { type LabGuest, smallGuest } from '../../lab/guest.ts';
import type { MainJob } from '../../lab/main-job.ts';
import { whyNoNetwork } from '../../lab/network.ts';
import { processOf } from '../../src/sys/programs/processes.ts';
import { counting, filesOf, goesOn, suspend } from '../fakes/counting-machine.ts';
import { open, PASSWORD } from '../fakes/encrypted-machine.ts';
import { until } from './net/until.ts';

const INDEX = '\\x01\\x50\\x00\\x01';
const SUCCESS = '00000000';

/** TPM2_NV_DefineSpace: eight bytes at an index of the owner’s, whose password is empty. */
const DEFINE = [
  '\\x80\\x02\\x00\\x00\\x00\\x2d\\x00\\x00\\x01\\x2a\\x40\\x00\\x00\\x01',
  '\\x00\\x00\\x00\\x09\\x40\\x00\\x00\\x09\\x00\\x00\\x00\\x00\\x00\\x00\\x00',
  `\\x00\\x0e${INDEX}\\x00\\x0b\\x00\\x06\\x00\\x06\\x00\\x00\\x00\\x08`,
].join('');
/** TPM2_NV_ReadPublic of that index. */
const LOOK = `\\x80\\x01\\x00\\x00\\x00\\x0e\\x00\\x00\\x01\\x69${INDEX}`;

/** What the guest’s TPM answers a command: the response code in hexadecimal digits. */
async function told(job: MainJob, command: string): Promise<string> {
  const script = `exec 3<>/dev/tpm0; printf '${command}' >&3; dd bs=4096 count=1 <&3 2>/dev/null | hexdump -v -e '/1 "%02x"'`;
  return (await job.guest(script)).output.trim().slice(12, 20);
}

/** The small guest by its kernel as it came: QEMU puts an initrd over the tables that a TPM adds to where a kernel comes unpacked. */
function packedGuest(): LabGuest {
  const { kernel, ...guest } = smallGuest();
  const image = join(dirname(kernel), 'kernel-image');
  return { ...guest, vmOptions: guest.vmOptions.map((word) => (word === kernel ? image : word)) };
}

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
