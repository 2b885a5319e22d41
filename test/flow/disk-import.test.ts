import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { scriptOf } from '../../lab/programs.ts';
import { importDisk } from '../../src/project/disk-import.ts';
import { DRIVERS } from '../../src/project/image/formats.ts';
import { DISK_FORMATS, type DiskFormat } from '../../src/project/image/known.ts';
import { addVm } from '../../src/project/make.ts';
import { openProject, vmNamed } from '../../src/project/open.ts';
import { hasProgram, run } from '../../src/sys/programs/exec.ts';
import { bootableNoise, gptDisk, mbrDisk } from '../fakes/disk-image.ts';
import { code } from '../fakes/made-computer.ts';
import { madeProject, scratch } from '../fakes/made-project.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';
const MIB = 1 << 20;
const MANAGER = scriptOf('lazaret-manager');

/** A folder, and the paths in it. */
function folderOf(t: TestContext) {
  const folder = scratch(t);
  return { folder, at: (name: string) => join(folder, name) };
}

/** An image of a disk in some format, written by QEMU’s own tool with more options. */
async function imageOf(t: TestContext, disk: Buffer, format: string, ...options: string[]) {
  const { folder, at } = folderOf(t);
  writeFileSync(at('disk.raw'), disk);
  await run('qemu-img', [
    'convert',
    '-f',
    'raw',
    '-O',
    DRIVERS[format as DiskFormat] ?? format,
    ...options,
    at('disk.raw'),
    at('image'),
  ]);
  return { folder, at, image: at('image'), work: at('work.qcow2'), raw: at('disk.raw') };
}

/** A folder with a file of the administrator’s that is nobody else’s business, and disks that name it. */
async function withSecret(t: TestContext) {
  const { folder, at } = folderOf(t);
  writeFileSync(at('secret'), Buffer.alloc(MIB, 's'));
  const create = (...args: string[]) => run('qemu-img', ['create', '-q', ...args]);
  await create('-f', 'qcow2', '-b', at('secret'), '-F', 'raw', at('backed.qcow2'));
  await create('-f', 'qcow2', '-o', `data_file=${at('secret')},data_file_raw=on`, at('data.qcow2'), '1M');
  await create('-f', 'vmdk', '-o', 'subformat=monolithicFlat', at('flat.vmdk'), '1M');
  return { folder, at };
}

for (const [name, format] of [
  ['backed.qcow2', 'qcow2'],
  ['data.qcow2', 'qcow2'],
  ['flat.vmdk', 'vmdk'],
] as const) {
  for (const told of [undefined, format]) {
    test(`${name}, which names another file, is refused, its format ${told ? 'told' : 'found'}`, {
      skip,
    }, async (t) => {
      const { at } = await withSecret(t);

      await assert.rejects(importDisk(at(name), at('work.qcow2'), { format: told }), code('DISK_INVALID'));
    });
  }
}

for (const format of DISK_FORMATS) {
  test(`a whole ${format} disk is taken, its format told or found`, { skip }, async (t) => {
    // Without it, QEMU makes a VHD a little larger than its disk.
    const size = format === 'vhd' ? ['-o', 'force_size=on'] : [];
    const { image, at, raw, folder } = await imageOf(t, bootableNoise(3 * MIB), format, ...size);

    await importDisk(image, at('told.qcow2'), { format });
    await importDisk(image, at('found.qcow2'));

    for (const made of ['told.qcow2', 'found.qcow2'])
      await run('qemu-img', ['compare', '-q', '-f', 'raw', '-F', 'qcow2', raw, at(made)]);
    assert.deepEqual(readdirSync(folder).sort(), ['disk.raw', 'found.qcow2', 'image', 'told.qcow2']);
  });
}

const VARIANTS: readonly [title: string, format: DiskFormat, options: string[]][] = [
  ['qcow2', 'qcow2', []],
  ['qcow2 of the older version', 'qcow2', ['-o', 'compat=0.10']],
  ['compressed qcow2', 'qcow2', ['-c']],
  ['compressed qcow2 with zstd', 'qcow2', ['-c', '-o', 'compression_type=zstd']],
  ['qcow2 with parts of clusters', 'qcow2', ['-o', 'extended_l2=on,cluster_size=128k']],
  ['qcow2 with small clusters', 'qcow2', ['-o', 'cluster_size=512']],
  ['qcow2 with large clusters', 'qcow2', ['-o', 'cluster_size=2M']],
  ['preallocated qcow2', 'qcow2', ['-o', 'preallocation=metadata']],
  ['VMDK', 'vmdk', []],
  ['VMDK as OVAs have it', 'vmdk', ['-o', 'subformat=streamOptimized']],
  ['VDI', 'vdi', []],
  ['VDI of fixed size', 'vdi', ['-o', 'static=on']],
  ['VHDX', 'vhdx', []],
  ['VHDX of fixed size', 'vhdx', ['-o', 'subformat=fixed,block_size=1M']],
  ['VHD', 'vhd', ['-o', 'force_size=on']],
];

for (const [title, format, options] of VARIANTS) {
  test(`${title}: whole it is taken, cut short anywhere it is refused`, { skip }, async (t) => {
    const { image, raw, work } = await imageOf(t, bootableNoise(4 * MIB), format, ...options);
    await importDisk(image, work);
    await run('qemu-img', ['compare', '-q', '-f', 'raw', '-F', 'qcow2', raw, work]);
    const { size } = statSync(image);

    for (const left of [Math.floor(size * 0.9), Math.floor(size / 2), 70_000, 4096, 200]) {
      if (left >= size) continue;
      truncateSync(image, left);
      await assert.rejects(importDisk(image, `${work}.${left}`), code('DISK_CUT'), `${left} of ${size} bytes`);
    }
  });
}

test('a disk that its guest wrote here and there is whole, whatever its last cluster holds', { skip }, async (t) => {
  const { at } = folderOf(t);
  for (const format of ['qcow2', 'vmdk', 'vdi', 'vhdx'] as const) {
    await run('qemu-img', ['create', '-q', '-f', format, at(format), `${2 * MIB + 3 * 512}`]);
    const { stdout } = await run('qemu-img', ['info', '--output=json', at(format)]);
    const last = JSON.parse(stdout)['virtual-size'] - 512;
    const writes = ['write -P 7 0 512', `write -P 8 ${last} 512`, 'write -P 9 1000k 1k', 'discard 0 64k'];
    await run('qemu-io', ['-f', format, ...writes.flatMap((write) => ['-c', write]), at(format)]);

    await importDisk(at(format), at(`${format}.work`));

    await run('qemu-img', ['compare', '-q', '-f', format, '-F', 'qcow2', at(format), at(`${format}.work`)]);
  }
});

const PART = { type: 0x83, firstSector: 64 };
test('a raw disk whose partitions or file system end behind its end is refused, said to be raw or not', {
  skip,
}, async (t) => {
  const { at } = folderOf(t);
  writeFileSync(at('mbr'), mbrDisk(4096, [{ ...PART, sectors: 4096 }]));
  writeFileSync(at('gpt'), gptDisk(4096, ['linux']).subarray(0, 4095 * 512));
  writeFileSync(at('ext4'), Buffer.alloc(4 * MIB));
  execFileSync('mke2fs', ['-q', '-t', 'ext4', at('ext4')]);
  await importDisk(at('ext4'), at('work'));
  truncateSync(at('ext4'), 3 * MIB);

  for (const name of ['mbr', 'gpt', 'ext4'])
    for (const format of [undefined, 'raw'] as const)
      await assert.rejects(importDisk(at(name), at('work'), { format }), code('DISK_CUT'), name);
});

test('a raw disk that was cut before it was made another format is refused as well', { skip }, async (t) => {
  const { image, work } = await imageOf(t, mbrDisk(4096, [{ ...PART, sectors: 4096 }]), 'qcow2');

  await assert.rejects(importDisk(image, work), code('DISK_CUT'));
});

test('what has no mark of a disk is raw only where it is said to be', { skip }, async (t) => {
  const { at } = folderOf(t);
  writeFileSync(at('noise'), randomBytes(MIB).fill(0, 0, 4096));
  writeFileSync(at('zeros'), Buffer.alloc(MIB));
  writeFileSync(at('text'), 'This is not a disk.\n');

  for (const name of ['noise', 'zeros', 'text'])
    await assert.rejects(importDisk(at(name), at('work')), code('DISK_UNKNOWN'), name);

  await importDisk(at('noise'), at('work'), { format: 'raw' });
  await assert.rejects(importDisk(at('text'), at('work'), { format: 'raw' }), code('DISK_CUT'));
});

/** Files that begin or end as these do, of a disk’s length. */
const REFUSED: readonly [name: string, at: number, bytes: string, wanted: string, says: RegExp][] = [
  ['an OVA', 257, 'ustar\0', 'DISK_PACKED', /tar archive.*`vm add --from` takes an OVA as it is.*`tar -xf image`/],
  ['a zip archive', 0, 'PK\u0003\u0004', 'DISK_PACKED', /zip archive.*`unzip image`/],
  ['a file of gzip', 0, '\u001f\u008b', 'DISK_PACKED', /gzip.*`gunzip -k image`/],
  ['a file of xz', 0, '\u00fd7zXZ\0', 'DISK_PACKED', /xz.*`unxz -k image`/],
  ['a file of zstd', 0, '(\u00b5/\u00fd', 'DISK_PACKED', /zstd/],
  ['a file of bzip2', 0, 'BZh9', 'DISK_PACKED', /bzip2/],
  ['a 7-Zip archive', 0, "7z\u00bc\u00af'\u001c", 'DISK_PACKED', /7-Zip/],
  ['a LUKS volume', 0, 'LUKS\u00ba\u00be\0\u0002', 'DISK_ENCRYPTED', /LUKS volume/],
  ['a BitLocker volume', 3, '-FVE-FS-', 'DISK_ENCRYPTED', /BitLocker/],
  ['a QED disk', 0, 'QED\0', 'DISK_INVALID', /QED disk.*`qemu-img convert -f qed -O qcow2 image NEW`/],
  ['a VHD of no kind', 0, 'conectix', 'DISK_INVALID', /Merge-VHD/],
  ['a VHD of no kind, by its end', MIB - 512, 'conectix', 'DISK_INVALID', /Merge-VHD/],
  ['the image of a CD', 0x8001, 'CD001', 'DISK_INVALID', /CD or DVD/],
  ['an Apple disk image', MIB - 512, 'koly', 'DISK_INVALID', /DMG/],
];

for (const [name, at, bytes, wanted, says] of REFUSED) {
  test(`${name} is refused by its name, with what to do`, async (t) => {
    const { at: path } = folderOf(t);
    const file = Buffer.alloc(MIB);
    // As many of them are, it could be started too.
    file.writeUInt16LE(0xaa55, 510);
    file.write(bytes, at, 'latin1');
    writeFileSync(path('image'), file);

    await assert.rejects(importDisk(path('image'), path('work')), { name: 'AppError', code: wanted, message: says });
  });
}

test('why an image cannot be read is said, with a code where the remedy is another', { skip }, async (t) => {
  const { folder, at, image, work } = await imageOf(t, bootableNoise(MIB), 'qcow2');
  symlinkSync(at('away'), at('dangling'));
  mkdirSync(at('folder'));
  execFileSync('mkfifo', [at('pipe')]);
  const refused = (name: string, wanted: string, message: RegExp) =>
    assert.rejects(importDisk(at(name), work), { name: 'AppError', code: wanted, message });

  await refused('nothing', 'FILE_MISSING', /is not there/);
  await refused('dangling', 'FILE_MISSING', /is a link to .*away, which is not there/);
  await refused('folder', 'DISK_INVALID', /is a folder/);
  await refused('pipe', 'DISK_INVALID', /is a device or a pipe/);
  const header = readFileSync(image);
  header.writeUInt32BE(9, 4);
  writeFileSync(at('newer'), header);
  await refused('newer', 'DISK_INVALID', /version 9 of qcow2/);
  header.writeUInt32BE(3, 4);
  header.writeBigUInt64BE(1n << 40n, 72);
  writeFileSync(at('feature'), header);
  await refused('feature', 'DISK_INVALID', /feature cannot be read: Could not open '.*feature': Unsupported/);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith('.') || name.startsWith('work')),
    [],
  );
});

test('an image that another program has open is in use', { skip }, async (t) => {
  const { image, work } = await imageOf(t, bootableNoise(MIB), 'qcow2');
  const drive = JSON.stringify({ driver: 'qcow2', 'node-name': 'disk', file: { driver: 'file', filename: image } });
  const machine = ['-M', 'none', '-nodefaults', '-display', 'none', '-qmp', 'stdio', '-blockdev', drive];
  const user = spawn('qemu-system-x86_64', machine);
  t.after(() => user.kill('SIGKILL'));
  await once(user.stdout, 'data');

  await assert.rejects(importDisk(image, work), code('DISK_IN_USE'));
});

test('a VHDX whose log cannot be replayed is told from a damaged one', { skip }, async (t) => {
  const { image, work } = await imageOf(t, bootableNoise(MIB), 'vhdx');
  const bytes = readFileSync(image);
  for (const header of [64 << 10, 128 << 10]) bytes.fill(1, header + 48, header + 64);
  writeFileSync(image, bytes);

  await assert.rejects(importDisk(image, work), code('DISK_UNCLEAN'));
});

test('a VHDX that is the difference to another is refused with the way to make one of both', { skip }, async (t) => {
  const { image, work } = await imageOf(t, bootableNoise(MIB), 'vhdx');
  const bytes = readFileSync(image);
  const parameters = bytes.indexOf('3767a1ca36fa434db3b633f0aa44e76b', 'hex');
  // The table of metadata begins a whole MiB; an entry says where its value is in it.
  const table = parameters - (parameters % MIB);
  const at = table + bytes.readUInt32LE(parameters + 16) + 4;
  bytes.writeUInt32LE(bytes.readUInt32LE(at) | 2, at);
  writeFileSync(image, bytes);

  const message = /is the difference to another disk.*Convert-VHD -Path \S+ -DestinationPath/;
  await assert.rejects(importDisk(image, work), { name: 'AppError', code: 'DISK_INVALID', message });
});

test('without bubblewrap no image is read, and the program is named', { skip }, async (t) => {
  const project = await madeProject(t);
  const { image } = await imageOf(t, bootableNoise(MIB), 'qcow2');
  const add = [MANAGER, 'vm', 'add', 'new', '--disk', image, '-C', project.folder, '--json'];
  const hide = 'mount --bind /dev/null "$(command -v bwrap)" && exec "$@"';
  const command = ['sh', '-c', hide, 'sh', process.execPath, ...add];

  const { stdout } = await run('unshare', ['--mount', '--propagation', 'private', ...command], { allow: [69] });

  const { error } = JSON.parse(stdout);
  assert.deepEqual([error.code, error.reason], ['PROGRAM_MISSING', 'bwrap is not installed']);
});

const FULL_DISK = 'mount -t tmpfs -o size=4m none "$1" && shift && exec "$@"';

test('a disk that does not fit is no fault of the image', { skip }, async (t) => {
  const project = await madeProject(t);
  const { image } = await imageOf(t, bootableNoise(8 * MIB), 'qcow2');
  const add = [MANAGER, 'vm', 'add', 'new', '--disk', image, '-C', project.folder, '--json'];
  const command = ['sh', '-c', FULL_DISK, 'sh', join(project.folder, 'vms'), process.execPath, ...add];

  const { stdout } = await run('unshare', ['--mount', '--propagation', 'private', ...command], { allow: [73] });

  assert.equal(JSON.parse(stdout).error.code, 'DISK_FULL');
});

const EFI = { type: 0xef, firstSector: 64, sectors: 512 };
const LINUX = { type: 0x83, firstSector: 1024, sectors: 512 };
const STARTS: readonly [title: string, disk: () => Buffer, firmware: 'bios' | 'uefi'][] = [
  ['a GPT with a system partition for UEFI', () => gptDisk(8192, ['efiSystem', 'linux']), 'uefi'],
  ['a GPT for both, as cloud images have it', () => gptDisk(8192, ['biosBoot', 'efiSystem', 'linux']), 'bios'],
  ['a GPT for BIOS', () => gptDisk(8192, ['biosBoot', 'linux']), 'bios'],
  ['an old table with a partition for UEFI and no code', () => mbrDisk(8192, [EFI, LINUX], false), 'uefi'],
  ['an old table with a partition for UEFI, and code', () => mbrDisk(8192, [EFI, LINUX]), 'bios'],
  ['an old table', () => mbrDisk(8192, [LINUX]), 'bios'],
];

for (const [title, disk, firmware] of STARTS) {
  for (const format of ['raw', 'qcow2']) {
    test(`${title}, ${format}: a machine that starts by ${firmware}`, { skip }, async (t) => {
      const project = await madeProject(t);
      const { image } = await imageOf(t, disk(), format);
      const hardware = { memoryMiB: 64, cpus: 1 };

      const added = await addVm(await openProject(project.folder), { name: 'new', hardware, disk: image });

      assert.deepEqual(added, { firmware, warnings: [] });
      assert.equal(vmNamed(await openProject(project.folder), 'new').file.value.firmware, firmware);
    });
  }
}

test('a firmware that finds nothing to start on the disk is warned of', { skip }, async (t) => {
  const project = await madeProject(t);
  const added = async (name: string, firmware: 'bios' | 'uefi', disk: Buffer) => {
    const { image } = await imageOf(t, disk, 'raw');
    const hardware = { memoryMiB: 64, cpus: 1, firmware };
    return (await addVm(await openProject(project.folder), { name, hardware, disk: image })).warnings.join();
  };

  assert.match(await added('one', 'bios', gptDisk(8192, ['efiSystem'])), /starts by UEFI alone/);
  assert.match(await added('two', 'uefi', mbrDisk(8192, [LINUX])), /starts by BIOS alone/);
  assert.equal(await added('three', 'uefi', gptDisk(8192, ['biosBoot', 'efiSystem'])), '');
});

test('a disk larger than any that can be packed is refused when it is added', { skip }, async (t) => {
  const { at } = folderOf(t);
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', at('image'), '9T']);

  await assert.rejects(importDisk(at('image'), at('work')), { code: 'DISK_INVALID', message: /9\.0 TiB; 8\.0 TiB/ });
});

test('tables that lead to themselves, or are larger than any, are refused before they are followed', {
  skip,
}, async (t) => {
  const { image, work } = await imageOf(t, bootableNoise(MIB), 'qcow2');
  const bytes = readFileSync(image);
  const [l1At, l2Entry] = [Number(bytes.readBigUInt64BE(40)), bytes.readBigUInt64BE(Number(bytes.readBigUInt64BE(40)))];
  const twice = Buffer.from(bytes);
  twice.writeBigUInt64BE(1n << 30n, 24);
  twice.writeUInt32BE(2, 36);
  twice.writeBigUInt64BE(l2Entry, l1At + 8);
  const large = Buffer.from(bytes);
  large.writeUInt32BE(0xffff_ffff, 36);

  for (const [hostile, says] of [
    [twice, /tables that overlap/],
    [large, /a table larger than any/],
  ] as const) {
    writeFileSync(image, hostile);
    await assert.rejects(importDisk(image, work), { code: 'DISK_INVALID', message: says });
  }
});
