import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { importForeign } from '../../src/project/foreign/import-foreign.ts';
import { readForeign } from '../../src/project/foreign/read-foreign.ts';
import { hasProgram, run } from '../../src/sys/programs/exec.ts';
import { bootableNoise } from '../fakes/disk-image.ts';
import { boxText, convert, domainText, ovfText, vmxText } from '../fakes/foreign-machine.ts';
import { scratch } from '../fakes/made-project.ts';

const skip = hasProgram('qemu-img') && hasProgram('bwrap') ? false : 'qemu-img or bubblewrap is not installed';
const KIB = 1024;
const AT_ONCE = 3;
const WANTED = 60;

/** Every list of one value of each option. */
function combinations(options: Record<string, readonly string[]>): string[] {
  return Object.entries(options).reduce<string[]>(
    (lists, [key, values]) =>
      lists.flatMap((list) => values.map((value) => `${list === '' ? '' : `${list},`}${key}=${value}`)),
    [''],
  );
}

/** Options that one of QEMU’s formats knows; every disk is of another length. */
const FORMATS: Record<string, { driver: string; options: string[] }> = {
  vmdk: {
    driver: 'vmdk',
    options: [
      ...combinations({
        subformat: [
          'monolithicSparse',
          'streamOptimized',
          'twoGbMaxExtentSparse',
          'twoGbMaxExtentFlat',
          'monolithicFlat',
        ],
        adapter_type: ['ide', 'buslogic', 'lsilogic', 'legacyESX'],
        hwversion: ['4', '7', '19'],
      }),
      ...combinations({
        subformat: ['monolithicSparse', 'twoGbMaxExtentSparse'],
        zeroed_grain: ['on'],
        compat6: ['on'],
      }),
    ],
  },
  qcow2: {
    driver: 'qcow2',
    options: [
      ...combinations({
        compat: ['0.10'],
        cluster_size: ['512', '4k', '64k', '2M'],
        preallocation: ['off', 'metadata'],
      }),
      ...combinations({
        compat: ['1.1'],
        cluster_size: ['512', '4k', '64k', '2M'],
        refcount_bits: ['1', '16', '64'],
        lazy_refcounts: ['on', 'off'],
        preallocation: ['off', 'metadata'],
      }),
      ...combinations({ extended_l2: ['on'], cluster_size: ['64k', '128k', '1M', '2M'] }),
    ],
  },
  vhdx: {
    driver: 'vhdx',
    options: [
      ...combinations({
        subformat: ['dynamic', 'fixed'],
        block_size: ['1M', '2M', '4M', '8M', '32M'],
        block_state_zero: ['on', 'off'],
        log_size: ['1M', '2M', '4M'],
      }),
    ],
  },
  vhd: {
    driver: 'vpc',
    options: Array.from({ length: 15 }, () =>
      combinations({ subformat: ['dynamic', 'fixed'], force_size: ['on', 'off'] }),
    ).flat(),
  },
  vdi: { driver: 'vdi', options: Array.from({ length: 30 }, () => combinations({ static: ['on', 'off'] })).flat() },
};

async function inTurns<T>(all: readonly T[], work: (one: T, index: number) => Promise<void>): Promise<void> {
  const left = all.entries();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const [index, one] of left) await work(one, index);
    }),
  );
}

for (const [format, { driver, options }] of Object.entries(FORMATS)) {
  test(`${options.length} ${format} disks of all kinds that QEMU writes come over byte for byte`, {
    skip,
  }, async (t) => {
    const folder = scratch(t);
    const at = (name: string) => join(folder, name);
    assert.ok(options.length >= WANTED);

    await inTurns(options, async (list, index) => {
      const [raw, image, work] = [at(`${index}.raw`), at(`${index}.${format}`), at(`${index}.work`)];
      writeFileSync(raw, bootableNoise((64 + index) * KIB));
      await convert(raw, image, driver, '-o', list);
      await importForeign((await readForeign(image)).disk, work);
      // What rounds lengths adds zeroes.
      await run('qemu-img', ['compare', '-q', '-f', 'raw', '-F', 'qcow2', raw, work]).catch((cause: unknown) => {
        throw new Error(`${format}, ${list}`, { cause });
      });
    });
  });
}

const EFI = '<vmw:Config vmw:key="firmware" vmw:value="efi"/>';
const item = (type: number, id: number) =>
  `<Item><rasd:ElementName>Device ${id}</rasd:ElementName><rasd:InstanceID>${id}</rasd:InstanceID><rasd:ResourceType>${type}</rasd:ResourceType></Item>`;

/** Descriptions of one machine, of 2 GiB and two processors, in the words of each program. */
const DESCRIPTIONS: Record<string, readonly string[]> = {
  'm.ovf': [
    ...(
      [
        [2048, 'byte * 2^20'],
        [2, 'byte * 2^30'],
        [2048, 'MegaBytes'],
        [2, 'GigaBytes'],
        [2097152, 'KiloBytes'],
        [2147483648, 'bytes'],
        [2048, 'byte*1024*1024'],
      ] as const
    ).flatMap((memory) =>
      [['8', 'byte * 2^20'] as const, ['8388608', 'byte'] as const, ['$'.concat('{size}'), 'byte'] as const].flatMap(
        ([capacity, units]) =>
          ['', EFI].map((hardware) =>
            ovfText({ disk: 'd.raw', bytes: 1, memory: [...memory], capacity, units, more: { hardware } }),
          ),
      ),
    ),
    ...[1, 5, 6, 10, 14, 15, 16, 18, 20, 21, 23, 24, 35, 99].map((type) =>
      ovfText({ disk: 'd.raw', bytes: 1, more: { items: item(type, 50) } }),
    ),
    ...[
      (text: string) =>
        text.replaceAll(/<(\/?)(?=[A-Z])/g, '<$1ovf:').replace('<ovf:Envelope xmlns=', '<ovf:Envelope xmlns:none='),
      (text: string) => text.replaceAll('ovf:/disk/', '/disk/'),
      (text: string) => text.replace('ovf:/disk/vmdisk1', 'ovf:/file/file1'),
      (text: string) => text.replaceAll('\n', '\r\n'),
      (text: string) => `\uFEFF${text}`,
      (text: string) => text.replace('<References>', '<!-- a comment --><References>'),
      (text: string) =>
        text.replace(
          /(<VirtualSystem [\s\S]*<\/VirtualSystem>)/,
          '<VirtualSystemCollection>$1</VirtualSystemCollection>',
        ),
    ].map((change) => change(ovfText({ disk: 'd.raw', bytes: 1 }))),
  ],
  'm.vmx': [
    ...['4', '6', '7', '8', '9', '10', '11', '14', '16', '19', '20', '21'].flatMap((version) =>
      ['windows9-64', 'debian12-64', 'other', 'ubuntu', 'winxppro'].map((guestOS) =>
        vmxText('d.raw', { 'virtualHW.version': version, guestOS }),
      ),
    ),
    ...['sata0:0', 'ide0:0', 'nvme0:0', 'scsi1:5'].map((slot) =>
      vmxText('d.raw', { 'scsi0:0.present': 'FALSE', [`${slot}.present`]: 'TRUE', [`${slot}.fileName`]: 'd.raw' }),
    ),
    vmxText('d.raw').replaceAll('\n', '\r\n'),
    vmxText('d.raw').replaceAll(' = ', '='),
    vmxText('d.raw', { annotation: 'two|0Alines|22' }),
  ],
  'm.xml': [
    ...['virtio', 'scsi', 'sata', 'ide', 'usb'].flatMap((bus) =>
      [
        '<memory unit="KiB">2097152</memory>',
        '<memory>2097152</memory>',
        '<memory unit="MiB">2048</memory>',
        '<memory unit="G">2</memory>',
        '<memory unit="bytes">2147483648</memory>',
        '<memory unit="b">2147483648</memory>',
      ].flatMap((memory) =>
        ['<type arch="x86_64">hvm</type>', '<type>hvm</type><loader readonly="yes" type="pflash">/x</loader>'].map(
          (os) => domainText('d.raw', { type: 'raw', bus, memory, os }),
        ),
      ),
    ),
    ...['<sound model="ich9"/>', '<tpm model="tpm-crb"/>', '<graphics type="vnc"/>', '<channel type="unix"/>'].map(
      (devices) => domainText('d.raw', { type: 'raw', devices }),
    ),
  ],
  'm.vbox': [
    ...['BIOS', 'EFI', 'EFI32', 'EFI64', 'EFIDUAL'].flatMap((firmware) =>
      ['local', 'UTC'].flatMap((clock) =>
        ['', '<AudioAdapter enabled="true"/>', '<AudioAdapter enabled="false"/>'].flatMap((audio) =>
          ['', 'snapshotFolder="Snapshots"'].map((machine) =>
            boxText('d.raw', {
              hardware: `<Firmware type="${firmware}"/><RTC localOrUTC="${clock}"/>${audio}`,
              machine,
            }),
          ),
        ),
      ),
    ),
    boxText('d.raw').replace(/(<StorageControllers>[\s\S]*<\/StorageControllers>)([\s\S]*<\/Hardware>)/, '$2$1'),
  ],
};

for (const [file, all] of Object.entries(DESCRIPTIONS)) {
  test(`${all.length} descriptions ${file} of one machine say the same of it`, { skip }, async (t: TestContext) => {
    const folder = scratch(t);
    writeFileSync(join(folder, 'd.raw'), bootableNoise(64 * KIB));
    assert.ok(all.length >= WANTED);
    assert.equal(new Set(all).size, all.length);
    for (const text of all) {
      writeFileSync(join(folder, file), text);
      const { memoryMiB, cpus, disk } = await readForeign(join(folder, file)).catch((cause: unknown) => {
        throw new Error(text, { cause });
      });
      assert.deepEqual([memoryMiB, cpus, disk.name], [2048, 2, join(folder, 'd.raw')], text);
    }
  });
}
