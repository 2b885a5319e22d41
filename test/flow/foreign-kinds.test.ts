import assert from 'node:assert/strict';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readForeign } from '../../src/project/foreign/read-foreign.ts';
import { projectPaths, vmPaths } from '../../src/project/layout.ts';
import { openProject, vmNamed } from '../../src/project/open.ts';
import { hasProgram, run } from '../../src/sys/programs/exec.ts';
import { failureIn, program } from '../fakes/command-line.ts';
import { bootableNoise } from '../fakes/disk-image.ts';
import { boxText, convert, domainText, vmxText } from '../fakes/foreign-machine.ts';
import { code } from '../fakes/made-computer.ts';
import { madeProject, scratch } from '../fakes/made-project.ts';
import { exportText, VM, VOLUMES } from '../fakes/ovirt-export.ts';

const skip = hasProgram('qemu-img') && hasProgram('bwrap') ? false : 'qemu-img or bubblewrap is not installed';
const MIB = 1 << 20;

/** A folder with a raw disk, and the manager’s command line in a project. */
async function places(t: TestContext) {
  const folder = scratch(t);
  const at = (name: string) => join(folder, name);
  writeFileSync(at('disk.raw'), bootableNoise(8 * MIB));
  const project = await madeProject(t);
  const vm = (...args: string[]) => program('lazaret-manager', ['--directory', project.folder, 'vm', ...args]);
  const added = async (path: string) => {
    const ended = await vm('add', 'brought', '--from', path);
    assert.equal(ended.status, 0, ended.stderr);
    const { work } = vmPaths(project.folder, 'brought');
    await run('qemu-img', ['compare', '-q', '-f', 'raw', '-F', 'qcow2', at('disk.raw'), work]);
    return { file: vmNamed(await openProject(project.folder), 'brought').file.value, said: ended };
  };
  return { at, raw: at('disk.raw'), project, vm, added };
}

test('a domain of libvirt becomes a machine, its chain of qcow2 disks one disk', { skip }, async (t) => {
  const { at, raw, added } = await places(t);
  await convert(raw, at('base.img'), 'raw');
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', 'base.img', at('a.qcow2')], {
    cwd: at('.'),
  });
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', 'qcow2', '-b', at('a.qcow2'), at('b.qcow2')]);
  await run('qemu-io', ['-f', 'qcow2', '-c', 'write -P 9 2M 64k', at('b.qcow2')]);
  const disk = readFileSync(raw);
  disk.fill(9, 2 * MIB, 2 * MIB + 65536);
  writeFileSync(raw, disk);
  writeFileSync(at('office.xml'), domainText(at('b.qcow2'), { os: '<loader type="pflash">/x</loader>' }));

  const { file, said } = await added(at('office.xml'));

  assert.deepEqual([file.memoryMiB, file.cpus, file.firmware], [2048, 2, 'uefi']);
  assert.doesNotMatch(said.stderr, /virtio/);
});

test('a machine of an oVirt export domain is read where it lies, its volume beside it too, and no link is followed', {
  skip,
}, async (t) => {
  const { at, raw, added } = await places(t);
  const [image = '', volume = ''] = VOLUMES[1].split('/');
  const vm = at(`domain/master/vms/${VM}`);
  for (const folder of [vm, at(`domain/images/${image}`), at('copied')]) mkdirSync(folder, { recursive: true });
  for (const folder of [vm, at('copied')]) writeFileSync(join(folder, 'm.ovf'), exportText());
  copyFileSync(raw, at(`domain/images/${VOLUMES[1]}`));

  const { file, said } = await added(join(vm, 'm.ovf'));
  assert.deepEqual([file.memoryMiB, file.firmware, file.tpm], [2048, 'bios', true]);
  assert.match(said.stderr, /its disk \S+ is not taken/);
  const found = () => readForeign(at('copied/m.ovf'));
  await assert.rejects(found(), code('IMPORT_ELSEWHERE'));
  symlinkSync(at(`domain/images/${image}`), at(`copied/${image}`));
  await assert.rejects(found(), code('IMPORT_ELSEWHERE'));
  rmSync(at(`copied/${image}`));
  cpSync(at(`domain/images/${image}`), at(`copied/${image}`), { recursive: true });
  assert.equal((await found()).disk.name, at(`copied/${VOLUMES[1]}`));
  rmSync(at(`copied/${VOLUMES[1]}`));
  symlinkSync(raw, at(`copied/${image}/${volume}`));
  await assert.rejects(found(), code('IMPORT_ELSEWHERE'));
});

test('a qcow2 whose chain leads elsewhere brings no other file', { skip }, async (t) => {
  const { at } = await places(t);
  for (const below of ['/etc/hostname', '../disk.raw', 'nbd:localhost:1', 'json:{}']) {
    await run('qemu-img', ['create', '-q', '-u', '-f', 'qcow2', '-F', 'raw', '-b', below, at('a.qcow2'), '1M']);
    writeFileSync(at('m.xml'), domainText('a.qcow2'));
    const wanted = below.includes('/') ? 'IMPORT_ELSEWHERE' : 'FILE_MISSING';
    for (const path of ['m.xml', 'a.qcow2'])
      await assert.rejects(readForeign(at(path)), code(wanted), `${path}: ${below}`);
  }
});

test('a domain whose disk is no file, or that is no x86, is refused with what to do', { skip }, async (t) => {
  const { at } = await places(t);
  const text = domainText('disk.raw', { type: 'raw' });
  for (const wrong of [
    text.replace('<disk type="file" device="disk">', '<disk type="block" device="disk">'),
    text.replace('<source file="disk.raw"/>', '<source protocol="rbd" name="pool/x"/>'),
    text.replace('arch="x86_64"', 'arch="aarch64"'),
  ]) {
    writeFileSync(at('m.xml'), wrong);
    await assert.rejects(readForeign(at('m.xml')), code('IMPORT_UNSUPPORTED'));
  }
});

test('memory of a domain in any unit that libvirt knows', { skip }, async (t) => {
  const { at } = await places(t);
  for (const [unit, value, expected] of [
    ['unit="MiB"', 512, 512],
    ['unit="M"', 512, 512],
    ['unit="G"', 2, 2048],
    ['unit="bytes"', 2 ** 29, 512],
    ['', 524288, 512],
  ] as const) {
    const memory = `<memory ${unit}>${value}</memory>`;
    writeFileSync(at('m.xml'), domainText('disk.raw', { type: 'raw', memory }));
    assert.equal((await readForeign(at('m.xml'))).memoryMiB, expected, unit);
  }
});

test('a .vbox with its VDI becomes a machine', { skip }, async (t) => {
  const { at, raw, added } = await places(t);
  await convert(raw, at('Office.vdi'), 'vdi');
  const hardware = '<Firmware type="EFI"/><RTC localOrUTC="local"/><AudioAdapter enabled="true"/>';
  writeFileSync(at('Office.vbox'), boxText('Office.vdi', { hardware }));

  const { file, said } = await added(at('Office.vbox'));

  assert.deepEqual([file.memoryMiB, file.cpus, file.firmware, file.clock], [2048, 2, 'uefi', 'localtime']);
  for (const words of ['SATA', 'sound card', 'MAC']) assert.ok(said.stderr.includes(words), words);
});

test('a .vbox with snapshots, or whose disk it does not have, is refused', { skip }, async (t) => {
  const { at, raw } = await places(t);
  await convert(raw, at('Office.vdi'), 'vdi');
  const uuid = '{3b6b6f5f-0000-4000-8000-00000000000a}';
  const medium = `<HardDisk uuid="${uuid}" location="Snapshots/${uuid}.vdi" format="VDI"/>`;
  writeFileSync(at('m.vbox'), boxText('Office.vdi', { medium, uuid }));
  await assert.rejects(readForeign(at('m.vbox')), code('IMPORT_UNSUPPORTED'));
  writeFileSync(at('m.vbox'), boxText('Office.vdi', { uuid }));
  await assert.rejects(readForeign(at('m.vbox')), code('IMPORT_INVALID'));
  writeFileSync(at('m.vbox'), boxText('Office.vdi', { medium: '<Property name="CRYPT/KeyStore" value="x"/>' }));
  await assert.rejects(readForeign(at('m.vbox')), code('DISK_ENCRYPTED'));
});

test('--dry-run says what becomes of a machine, and adds nothing', { skip }, async (t) => {
  const { at, raw, project, vm } = await places(t);
  await convert(raw, at('d.vmdk'), 'vmdk');
  writeFileSync(at('m.vmx'), vmxText('d.vmdk', { 'sound.present': 'TRUE' }));

  const text = await vm('add', 'brought', '--from', at('m.vmx'), '--dry-run', '--memory', '4G');
  const json = await vm('add', 'brought', '--from', at('m.vmx'), '--dry-run', '--json');

  assert.equal(text.status, 0, text.stderr);
  assert.match(text.stdout, /d\.vmdk\nhardware {2}4\.0 GiB of memory, 2 cpu, virtio, starts by BIOS\nand:\n.*virtio/);
  const { memoryMiB, notes } = JSON.parse(json.stdout);
  assert.deepEqual([memoryMiB, notes.map((note: { code: string }) => note.code)], [2048, ['bus', 'device-later']]);
  assert.ok(!readdirSync(projectPaths(project.folder).vms).includes('brought'));
});

test('--from and --disk: one of them is needed, and a kernel goes with neither machine', { skip }, async (t) => {
  const { at, raw, vm } = await places(t);
  writeFileSync(at('m.vmx'), vmxText('missing.vmdk'));
  for (const [args, wanted] of [
    [[], 'USAGE'],
    [['--disk', raw, '--dry-run'], 'USAGE'],
    [['--from', at('m.vmx'), '--kernel', raw], 'USAGE'],
    [['--from', at('m.vmx')], 'FILE_MISSING'],
    [['--from', at('none.vmx')], 'FILE_MISSING'],
  ] as const) {
    const ended = await vm('add', 'brought', ...args, '--json');
    assert.equal(failureIn(ended).code, wanted, args.join(' '));
  }
  const added = await vm('add', 'brought', '--from', at('m.vmx'), '--disk', raw, '--cpus', '3');
  assert.equal(added.status, 0, added.stderr);
});
