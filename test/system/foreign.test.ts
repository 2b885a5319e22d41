import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { MainJob } from '../../lab/main-job.ts';
import { whyNoNetwork } from '../../lab/network.ts';
import { convert, ova, vmxText } from '../fakes/foreign-machine.ts';
import { scratch } from '../fakes/made-project.ts';
import { hears, uefiDisk } from '../fakes/uefi-disk.ts';

const EFI = '<vmw:Config ovf:required="false" vmw:key="firmware" vmw:value="efi"/>';

test('an OVA, a .vmx in its folder and a .vhdx, made by Debian’s tools, become machines that boot', {
  skip: whyNoNetwork(),
}, async (t) => {
  await using job = await MainJob.start();
  await job.makeProject();
  const { computer } = job;
  const folder = scratch(t);
  const raw = uefiDisk(folder);
  const home = join(folder, 'Zebra.vmwarevm');
  mkdirSync(home);
  const vmx = join(home, 'Zebra.vmx');
  await convert(raw, join(home, 'Zebra.vmdk'), 'vmdk', '-o', 'subformat=twoGbMaxExtentSparse');
  writeFileSync(vmx, vmxText('Zebra.vmdk', { firmware: 'efi', memsize: '256' }));
  const vhdx = join(folder, 'zebra.vhdx');
  await convert(raw, vhdx, 'vhdx');
  const files: [name: string, path: string, more: string[]][] = [
    ['from-ova', await ova(folder, raw, { memory: [256, 'byte * 2^20'], more: { hardware: EFI } }), []],
    ['from-vmx', vmx, []],
    ['from-vhdx', vhdx, ['--memory', '256']],
  ];

  for (const [name, path, more] of files) {
    await t.test(name, async () => {
      const added = await computer.manager('vm', 'add', name, '--from', path, ...more, '--json');
      const { firmware, memoryMiB } = JSON.parse(added.stdout);
      assert.deepEqual([firmware, memoryMiB], ['uefi', 256]);

      const run = ['--run', join(computer.folder, name), '--accel', 'tcg', '--resolver', job.network.resolver];
      const { said, ended } = await computer.startManager('host', 'power-on', name, ...run, '--wait', '0s', '--json');
      await hears(JSON.parse(said).sockets.console, 'It starts by UEFI.');
      await ended;
    });
  }
});
