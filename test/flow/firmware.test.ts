import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { scriptOf } from '../../lab/programs.ts';
import { instancePaths } from '../../src/install/state/layout.ts';
import { addVm } from '../../src/project/make.ts';
import { openProject } from '../../src/project/open.ts';
import { hasProgram, run } from '../../src/sys/programs/exec.ts';
import { gptDisk } from '../fakes/disk-image.ts';
import { madeProject, scratch } from '../fakes/made-project.ts';

const skip = hasProgram('qemu-img') && hasProgram('swtpm') ? false : 'qemu-img or swtpm is not installed';
const INSTALL = join(import.meta.dirname, '../fakes/install-once.ts');
const LAZARET = scriptOf('lazaret');

/** Runs Node where no firmware is described and swtpm cannot be run, as on a computer without them. */
const HIDE =
  'mount --bind /dev/null $(command -v swtpm); for f in /etc /usr/share; do [ ! -d $f/qemu/firmware ] || mount -t tmpfs none $f/qemu/firmware; done';
function withoutFirmware(...args: string[]) {
  const script = `${HIDE}; exec "$@"`;
  const command = ['--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', process.execPath, ...args];
  return run('unshare', command, { allow: [71] });
}

test('where firmware or what is a TPM is missing, a plan says so, nothing is installed, and afterwards it can be', {
  skip,
}, async (t) => {
  const project = await madeProject(t);
  const disk = join(scratch(t), 'disk.raw');
  writeFileSync(disk, gptDisk(8192, ['efiSystem']));
  await addVm(await openProject(project.folder), {
    name: 'zebra',
    hardware: { memoryMiB: 64, cpus: 1, tpm: true },
    disk,
  });
  const { folder } = await project.build('one');
  const state = scratch(t);
  const request = [state, folder, project.fingerprint];

  const without = JSON.parse((await withoutFirmware(INSTALL, ...request)).stdout);

  assert.deepEqual(without, { problems: ['FIRMWARE_MISSING', 'PROGRAM_MISSING'], ended: 'FIRMWARE_MISSING' });
  assert.equal(existsSync(instancePaths(state, 'office').folder), false, 'nor the machine that needs none');
  const { stdout } = await run(process.execPath, [INSTALL, ...request]);
  assert.deepEqual(JSON.parse(stdout), { problems: [], ended: 'installed' });
});

test('doctor says that firmware is missing, and what is a TPM', { skip }, async (t) => {
  const socket = join(scratch(t), 'none.sock');

  const { stdout } = await withoutFirmware(LAZARET, 'doctor', '--json', '--socket', socket);

  const { checks } = JSON.parse(stdout).error.details;
  const firmware = checks.find(({ what }: { what: string }) => /UEFI/.test(what));
  assert.deepEqual([firmware?.ok, /ovmf/.test(firmware?.remedy)], [false, true]);
  const tpm = checks.find(({ what }: { what: string }) => what === 'program swtpm');
  assert.deepEqual([tpm?.ok, tpm?.remedy], [false, 'install the package swtpm']);
});
