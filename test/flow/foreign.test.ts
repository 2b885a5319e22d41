import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { addForeign } from '../../src/manager/machines/machines.ts';
import { readForeign } from '../../src/project/foreign/read-foreign.ts';
import { projectPaths, vmPaths } from '../../src/project/layout.ts';
import { openProject, vmNamed } from '../../src/project/open.ts';
import { hasProgram, run } from '../../src/sys/programs/exec.ts';
import { bootableNoise } from '../fakes/disk-image.ts';
import { archive, convert, manifestText, ova, ovfText, vmxText } from '../fakes/foreign-machine.ts';
import { code } from '../fakes/made-computer.ts';
import { madeProject, scratch } from '../fakes/made-project.ts';

const skip = hasProgram('qemu-img') && hasProgram('bwrap') ? false : 'qemu-img or bubblewrap is not installed';
const MIB = 1 << 20;

/** A folder with a raw disk, and a project to add machines to. */
async function places(t: TestContext) {
  const folder = scratch(t);
  const at = (name: string) => join(folder, name);
  writeFileSync(at('disk.raw'), bootableNoise(8 * MIB));
  const project = await madeProject(t);
  const add = async (path: string) => {
    const machine = await readForeign(path);
    await addForeign(project.folder, 'brought', machine);
    await run('qemu-img', [
      'compare',
      '-q',
      '-f',
      'raw',
      '-F',
      'qcow2',
      at('disk.raw'),
      vmPaths(project.folder, 'brought').work,
    ]);
    return { machine, file: vmNamed(await openProject(project.folder), 'brought').file.value };
  };
  const isUntouched = () =>
    assert.deepEqual(
      readdirSync(projectPaths(project.folder).vms).filter((name) => name.includes('brought')),
      [],
    );
  return { folder, at, raw: at('disk.raw'), project, add, isUntouched };
}

for (const subformat of [
  'monolithicSparse',
  'streamOptimized',
  'twoGbMaxExtentSparse',
  'twoGbMaxExtentFlat',
  'monolithicFlat',
]) {
  test(`a .vmx with a ${subformat} disk becomes a machine with its memory and processors`, { skip }, async (t) => {
    const { at, raw, add } = await places(t);
    await convert(raw, at('Office.vmdk'), 'vmdk', '-o', `subformat=${subformat}`);
    writeFileSync(at('Office.vmx'), vmxText('Office.vmdk', { firmware: 'efi', 'ethernet0.present': 'TRUE' }));

    const { machine, file } = await add(at('Office.vmx'));

    assert.deepEqual([file.memoryMiB, file.cpus, file.firmware], [2048, 2, 'uefi']);
    assert.deepEqual(
      machine.notes.map((note) => note.code),
      ['bus', 'address'],
    );
  });
}

test('snapshots of a .vmx: the present state is what its chain of disks says', { skip }, async (t) => {
  const { at, raw, add } = await places(t);
  await convert(raw, at('Office.vmdk'), 'vmdk');
  for (const [below, above] of [
    ['Office.vmdk', 'Office-000001.vmdk'],
    ['Office-000001.vmdk', 'Office-000002.vmdk'],
  ] as const)
    await run('qemu-img', ['create', '-q', '-f', 'vmdk', '-F', 'vmdk', '-b', below, at(above)], { cwd: at('.') });
  await run('qemu-io', ['-f', 'vmdk', '-c', 'write -P 7 1M 1M', at('Office-000002.vmdk')]);
  writeFileSync(
    raw,
    Buffer.concat([readFileSync(raw).subarray(0, MIB), Buffer.alloc(MIB, 7), readFileSync(raw).subarray(2 * MIB)]),
  );
  writeFileSync(at('Office.vmx'), vmxText('Office-000002.vmdk'));

  await add(at('Office.vmx'));
});

test('a disk that was written below its snapshot is refused: what the snapshot holds no longer fits', {
  skip,
}, async (t) => {
  const { at, raw, add, isUntouched } = await places(t);
  await convert(raw, at('a.vmdk'), 'vmdk');
  await run('qemu-img', ['create', '-q', '-f', 'vmdk', '-F', 'vmdk', '-b', 'a.vmdk', at('b.vmdk')], { cwd: at('.') });
  await convert(raw, at('a.vmdk'), 'vmdk');
  writeFileSync(at('m.vmx'), vmxText('b.vmdk'));

  await assert.rejects(add(at('m.vmx')), code('DISK_INVALID'));
  isUntouched();
});

test('an OVA is read where it lies, its digests checked, its hardware taken over', { skip }, async (t) => {
  for (const algorithm of ['sha1', 'sha256', 'sha512']) {
    const { folder, raw, add } = await places(t);
    const path = await ova(folder, raw, { algorithm, memory: [3, 'byte * 2^30'], cpus: 4 });

    const { machine, file } = await add(path);

    assert.deepEqual([machine.kind, file.memoryMiB, file.cpus, file.firmware], ['ova', 3072, 4, 'bios']);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.includes('unpacked')),
      [],
    );
  }
});

test('an OVA whose disk was changed is refused although it reads, and nothing is left of it', { skip }, async (t) => {
  const { folder, at, raw, add, isUntouched } = await places(t);
  await ova(folder, raw);
  const mf = readFileSync(at('office.mf'), 'utf8');
  writeFileSync(at('office.mf'), mf.replace(/(disk1.vmdk\)= )[0-9a-f]{2}/, '$100'));
  const path = await archive(folder, 'office.ova', ['office.ovf', 'office.mf', 'office-disk1.vmdk']);

  await assert.rejects(add(path), code('IMPORT_DIGEST'));
  isUntouched();
});

test('a description that is not what its manifest says is refused before a disk is looked at', { skip }, async (t) => {
  const { folder, at, raw, add, isUntouched } = await places(t);
  await ova(folder, raw);
  writeFileSync(at('office.ovf'), readFileSync(at('office.ovf'), 'utf8').replace('2048', '4096'));

  await assert.rejects(add(at('office.ovf')), code('IMPORT_DIGEST'));
  isUntouched();
});

test('a file that a manifest leaves out is refused; without a manifest it is said so', { skip }, async (t) => {
  const { folder, at, raw, add } = await places(t);
  await ova(folder, raw);
  writeFileSync(at('office.mf'), manifestText(folder, ['office.ovf']));
  await assert.rejects(readForeign(at('office.ovf')), code('IMPORT_DIGEST'));

  const path = await archive(folder, 'bare.ova', ['office.ovf', 'office-disk1.vmdk']);
  const { machine } = await add(path);

  assert.ok(machine.notes.some((note) => note.code === 'manifest-missing'));
});

test('a certificate whose signature is right is named, one whose is not is refused', { skip }, async (t) => {
  const { folder, at, raw } = await places(t);
  await ova(folder, raw);
  await run('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/O=Example/CN=Office', '-days', '3'],
    ...['-keyout', at('key.pem'), '-out', at('cert.pem')],
  ]);
  const write = (key: string | KeyObject) => {
    const signature = sign('sha256', readFileSync(at('office.mf')), key).toString('hex');
    writeFileSync(at('office.cert'), `SHA256(office.mf)= ${signature}\n${readFileSync(at('cert.pem'), 'utf8')}`);
  };
  write(readFileSync(at('key.pem'), 'utf8'));
  const signer = (await readForeign(at('office.ovf'))).notes.find((note) => note.code === 'signer');
  assert.match(signer?.text ?? '', /CN=Office/);

  write(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey);
  await assert.rejects(readForeign(at('office.ovf')), code('IMPORT_DIGEST'));
});

test('a disk that is packed with gzip, and one in pieces, are put together first', { skip }, async (t) => {
  const { folder, at, raw, add, project } = await places(t);
  await convert(raw, at('d.vmdk'), 'vmdk', '-o', 'subformat=streamOptimized');
  const packed = gzipSync(readFileSync(at('d.vmdk')));
  writeFileSync(at('d.vmdk.gz'), packed);
  writeFileSync(at('packed.ovf'), ovfText({ disk: 'd.vmdk.gz', bytes: packed.length, file: 'ovf:compression="gzip"' }));
  await add(at('packed.ovf'));
  assert.deepEqual(
    readdirSync(vmPaths(project.folder, 'brought').folder).filter((name) => name.includes('unpacked')),
    [],
  );

  const other = await places(t);
  const whole = readFileSync(at('d.vmdk'));
  const piece = 3 * MIB;
  const names = [0, 1, 2].map((index) => `d.vmdk.00000000${index}`);
  for (const [index, name] of names.entries())
    writeFileSync(at(name), whole.subarray(index * piece, (index + 1) * piece));
  writeFileSync(at('m.ovf'), ovfText({ disk: 'd.vmdk', bytes: whole.length, file: `ovf:chunkSize="${piece}"` }));
  writeFileSync(at('m.mf'), manifestText(folder, ['m.ovf', ...names]));
  writeFileSync(other.raw, readFileSync(raw));
  await other.add(await archive(folder, 'm.ova', ['m.ovf', 'm.mf', ...names]));
});

test('what unpacks to far more than its disk can hold is stopped', { skip }, async (t) => {
  const { at, add, isUntouched } = await places(t);
  const packed = gzipSync(Buffer.alloc(100 * MIB));
  writeFileSync(at('d.gz'), packed);
  writeFileSync(at('m.ovf'), ovfText({ disk: 'd.gz', bytes: packed.length, file: 'ovf:compression="gzip"' }));

  await assert.rejects(add(at('m.ovf')), code('FILE_TOO_LARGE'));
  isUntouched();
});

const ELSEWHERE = [
  '/etc/passwd',
  '../secret',
  'a/../../secret',
  'sub/secret',
  '..',
  'C:\\\\VMs\\\\secret.vmdk',
  'link.vmdk',
];
for (const name of ELSEWHERE) {
  test(`a disk that is named ${name} is none of its folder: no description brings another file`, {
    skip,
  }, async (t) => {
    const { folder, at, raw, add, isUntouched } = await places(t);
    const home = at('machine');
    mkdirSync(join(home, 'sub'), { recursive: true });
    for (const path of [at('secret'), join(home, 'sub', 'secret')]) writeFileSync(path, readFileSync(raw));
    symlinkSync(at('secret'), join(home, 'link.vmdk'));
    await convert(raw, join(home, 'base.vmdk'), 'vmdk');
    const descriptor = (extent: string, parent = '') =>
      `# Disk DescriptorFile\nversion=1\nCID=11111111\n${parent}createType="monolithicFlat"\nRW 16384 FLAT "${extent}" 0\n`;
    writeFileSync(join(home, 'split.vmdk'), descriptor(name));
    writeFileSync(join(home, 'flat'), readFileSync(raw));
    writeFileSync(join(home, 'child.vmdk'), descriptor('flat', `parentCID=22222222\nparentFileNameHint="${name}"\n`));
    for (const disk of [name, 'split.vmdk', 'child.vmdk'])
      writeFileSync(join(home, `${basename(disk)}.vmx`), vmxText(disk));
    writeFileSync(join(home, 'm.ovf'), ovfText({ disk: name, bytes: 8 * MIB }));

    for (const description of [`${basename(name)}.vmx`, 'split.vmdk.vmx', 'child.vmdk.vmx', 'm.ovf'])
      await assert.rejects(add(join(home, description)), code('IMPORT_ELSEWHERE'), description);
    isUntouched();
    assert.ok(folder);
  });
}

test('--disk says which disk is meant, wherever that lies', { skip }, async (t) => {
  const { at, raw } = await places(t);
  writeFileSync(at('m.vmx'), vmxText('/elsewhere/disk.vmdk'));
  await assert.rejects(readForeign(at('m.vmx')), code('IMPORT_ELSEWHERE'));

  const machine = await readForeign(at('m.vmx'), { disk: raw });

  assert.deepEqual([machine.kind, machine.memoryMiB, machine.disk.name], ['vmx', 2048, raw]);
});

test('what only its own program reads is refused, and it is said what to add instead', { skip }, async (t) => {
  const { at } = await places(t);
  for (const name of ['m.vmcx', 'm.vmsd', 'm.vmss', 'm.avhdx']) {
    writeFileSync(at(name), 'x');
    await assert.rejects(readForeign(at(name)), (error: Error) => {
      assert.match(error.message, /add/);
      return 'code' in error && error.code === 'IMPORT_UNSUPPORTED';
    });
  }
});

test('a copy that is interrupted leaves nothing, and says how far it was', { skip }, async (t) => {
  const { folder, raw, project, isUntouched } = await places(t);
  const machine = await readForeign(await ova(folder, raw));
  const stop = new AbortController();
  const told: number[] = [];
  const onBytes = (done: number, total: number) => {
    told.push(total);
    assert.ok(done <= total);
    stop.abort(new Error('enough'));
  };

  await assert.rejects(
    addForeign(project.folder, 'brought', machine, { signal: stop.signal, onBytes }),
    code('INTERRUPTED'),
  );

  assert.equal(told[0], 8 * MIB);
  isUntouched();
});
