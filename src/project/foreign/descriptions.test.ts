import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ovfText, vmxText } from '../../../test/fakes/foreign-machine.ts';
import { type ExportParts, exportText, VOLUMES } from '../../../test/fakes/ovirt-export.ts';
import { readDomain } from './formats/libvirt.ts';
import { readOvf } from './formats/ovf.ts';

import { bytesOfUnit } from './formats/units.ts';
import { readBox } from './formats/vbox.ts';
import { readVmx } from './formats/vmx.ts';
import { readXml } from './formats/xml.ts';

const MIB = 2 ** 20;
const codes = (notes: readonly { code: string }[]) => notes.map(({ code }) => code);
const vmx = (more: Record<string, string>) => readVmx(Buffer.from(vmxText('d.vmdk', more)), 'm.vmx');
const ovf = (more: Partial<Parameters<typeof ovfText>[0]>) =>
  readOvf(readXml(Buffer.from(ovfText({ disk: 'd.vmdk', bytes: 1, ...more })), 'm.ovf'), 'm.ovf');
const invalid = { name: 'AppError', code: 'IMPORT_INVALID' };

test('units of DSP0004 and those from before it', () => {
  const table: [string, number | undefined][] = [
    ['byte', 1],
    ['byte * 2^20', MIB],
    ['byte*2^30', 2 ** 30],
    ['byte * 10^6', 1e6],
    ['byte * 1024 * 1024', MIB],
    ['MegaBytes', MIB],
    ['GB', 2 ** 30],
    ['KiloBytes', 1024],
    ['hertz * 10^6', undefined],
    ['byte * 2^99', undefined],
    ['byte * ', undefined],
    ['byte * -1', undefined],
    ['byte * 0', undefined],
    ['', undefined],
  ];
  for (const [unit, bytes] of table) assert.equal(bytesOfUnit(unit), bytes, unit);
});

test('an OVF measures its memory in any unit', () => {
  for (const [quantity, units] of [
    [2048, 'byte * 2^20'],
    [2, 'byte * 2^30'],
    [2 ** 31, 'byte'],
    [2048, 'MegaBytes'],
    [2 * 2 ** 20, 'byte * 2^10'],
  ] as const)
    assert.equal(ovf({ memory: [quantity, units] }).memoryMiB, 2048, units);
  assert.throws(() => ovf({ memory: [2, 'apples'] }), invalid);
  assert.throws(() => ovf({ units: 'apples' }), invalid);
});

test('memory and processors that a machine cannot have are bounded, and it is said', () => {
  const large = ovf({ memory: [2 ** 22, 'byte * 2^20'], cpus: 128 });
  assert.deepEqual([large.memoryMiB, large.cpus], [2 ** 20, 64]);
  assert.deepEqual(codes(large.notes), ['memory', 'cpus', 'bus']);
});

test('disks of an OVF in the order of their controllers; an empty one and a second one are named', () => {
  const { disks, notes } = ovf({
    more: {
      files: '<File ovf:href="e.vmdk" ovf:id="file2"/>',
      disks:
        '<Disk ovf:capacity="1" ovf:capacityAllocationUnits="byte * 2^30" ovf:diskId="second" ovf:fileRef="file2"/><Disk ovf:capacity="5" ovf:diskId="empty"/>',
      items: [
        ['1', 'ovf:/disk/second'],
        ['2', '/disk/empty'],
      ]
        .map(
          ([place, host]) =>
            `<Item><rasd:AddressOnParent>${place}</rasd:AddressOnParent><rasd:HostResource>${host}</rasd:HostResource><rasd:InstanceID>2${place}</rasd:InstanceID><rasd:Parent>3</rasd:Parent><rasd:ResourceType>17</rasd:ResourceType></Item>`,
        )
        .join(''),
    },
  });
  assert.deepEqual(
    disks.map(({ file, capacityBytes }) => [file, capacityBytes]),
    [
      ['d.vmdk', 8 * MIB],
      ['e.vmdk', 2 ** 30],
    ],
  );
  assert.deepEqual(codes(notes), ['bus', 'disk-left', 'disk-empty']);
});

test('firmware as VMware’s and VirtualBox’s OVF say it', () => {
  assert.equal(ovf({}).firmware, 'bios');
  const vmware = '<vmw:Config vmw:key="firmware" vmw:value="efi"/>';
  assert.equal(ovf({ more: { hardware: vmware } }).firmware, 'uefi');
  const box = '<vbox:Machine><Hardware><Firmware type="EFI64"/><RTC localOrUTC="local"/></Hardware></vbox:Machine>';
  const machine = ovf({ more: { system: box } });
  assert.deepEqual([machine.firmware, machine.clock, codes(machine.notes)], ['uefi', 'localtime', ['bus']]);
});

test('hardware of kind 0 that says nothing of itself is listed as not carried over', () => {
  const { notes } = ovf({ more: { items: '<Item><rasd:ResourceType>0</rasd:ResourceType></Item>' } });
  assert.deepEqual(
    notes.filter(({ code }) => code === 'not-understood').map(({ parts }) => parts['item']),
    ['hardware of kind 0'],
  );
});

/** As oVirt’s engine writes an OVA’s description, as far as it matters here. */
function ovirtText(biosType: string | undefined, system = 'rhel_8x64'): string {
  const id = '3d9be68b-3f4b-4e5b-8a4e-1c0a34f8d1b2';
  return `<?xml version="1.0" encoding="UTF-8"?>
<ovf:Envelope xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1/" xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData" xmlns:vssd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ovf:version="4.4.0.0">
  <References><File ovf:href="${id}" ovf:id="${id}" ovf:size="197120"/></References>
  <NetworkSection><Info>List of networks</Info></NetworkSection>
  <DiskSection><Info>List of Virtual Disks</Info><Disk ovf:diskId="${id}" ovf:capacity="8388608" ovf:capacityAllocationUnits="byte" ovf:fileRef="${id}" ovf:format="http://www.gnome.org/~markmc/qcow-image-format.html" ovf:disk-interface="VirtIO_SCSI" ovf:boot="true"/></DiskSection>
  <VirtualSystem ovf:id="7c1f6c1e-2d55-4f0e-9a8e-0a6f3a3e1b11">
    <Name>office</Name><Description/><TimeZone>Etc/GMT</TimeZone><VmType>1</VmType><CustomEmulatedMachine/>
    ${biosType === undefined ? '' : `<BiosType>${biosType}</BiosType>`}<CustomCpuName/>
    <OperatingSystemSection ovf:id="107" ovf:required="false"><Info>Guest Operating System</Info><Description>${system}</Description></OperatingSystemSection>
    <VirtualHardwareSection><Info>2 CPU, 2048 Memory</Info><System><vssd:VirtualSystemType>ENGINE 4.4.0.0</vssd:VirtualSystemType></System>
      <Item><rasd:Caption>2 virtual cpu</rasd:Caption><rasd:InstanceId>1</rasd:InstanceId><rasd:ResourceType>3</rasd:ResourceType><rasd:num_of_sockets>2</rasd:num_of_sockets><rasd:cpu_per_socket>1</rasd:cpu_per_socket><rasd:VirtualQuantity>2</rasd:VirtualQuantity></Item>
      <Item><rasd:Caption>2048 MB of memory</rasd:Caption><rasd:InstanceId>2</rasd:InstanceId><rasd:ResourceType>4</rasd:ResourceType><rasd:AllocationUnits>MegaBytes</rasd:AllocationUnits><rasd:VirtualQuantity>2048</rasd:VirtualQuantity></Item>
      <Item><rasd:Caption>office_Disk1</rasd:Caption><rasd:InstanceId>${id}</rasd:InstanceId><rasd:ResourceType>17</rasd:ResourceType><rasd:HostResource>/disk/${id}</rasd:HostResource><rasd:Parent>00000000-0000-0000-0000-000000000000</rasd:Parent><Type>disk</Type><Device>disk</Device></Item>
    </VirtualHardwareSection>
  </VirtualSystem>
</ovf:Envelope>`;
}

test('a machine of an oVirt export domain has its volumes, the one that it starts from first, and says what it does not get', () => {
  const read = (more: Partial<ExportParts> = {}) => readOvf(readXml(Buffer.from(exportText(more)), 'm.ovf'), 'm.ovf');

  const machine = read();
  assert.deepEqual(machine.disks, [
    { file: VOLUMES[1], format: 'raw', bus: 'virtio' },
    { file: VOLUMES[0], format: 'qcow2', bus: 'IDE' },
  ]);
  assert.deepEqual([machine.memoryMiB, machine.cpus, machine.os, machine.tpm], [2048, 2, 'windows', true]);
  const said = machine.notes.map(({ code, parts }) => [code, parts['item'] ?? parts['device']].join(' ').trim());
  assert.deepEqual(
    said.filter((each) => /not-under|device/.test(each)),
    ['device-later sound', 'not-understood memballoon (balloon)'],
  );
  assert.throws(() => read({ parent: VOLUMES[1] }), { code: 'IMPORT_UNSUPPORTED' });
  for (const first of ['../../etc/shadow', `${VOLUMES[0]}/x`, '/etc/shadow'])
    assert.throws(() => read({ first }), { code: 'IMPORT_INVALID' });
});

for (const [biosType, what, firmware, secureBoot] of [
  ['0', 'i440fx and SeaBIOS', 'bios', undefined],
  ['1', 'Q35 and SeaBIOS', 'bios', undefined],
  ['2', 'Q35 and UEFI', 'uefi', undefined],
  ['3', 'Q35 and Secure Boot', 'uefi', true],
  ['-1', 'what its cluster has', undefined, undefined],
  ['toString', 'nothing that is known', undefined, undefined],
  [undefined, 'an oVirt that could no other', 'bios', undefined],
] as const)
  test(`firmware as oVirt’s OVF says it: ${biosType} is ${what}`, () => {
    const machine = readOvf(readXml(Buffer.from(ovirtText(biosType)), 'm.ovf'), 'm.ovf');
    assert.deepEqual([machine.firmware, machine.secureBoot], [firmware, secureBoot]);
    assert.equal(codes(machine.notes).includes('secure-boot'), secureBoot === true);
    assert.deepEqual([machine.memoryMiB, machine.cpus, machine.disks.length], [2048, 2, 1]);
  });

test('what runs in a machine of oVirt is its description', () => {
  const os = (system: string) => readOvf(readXml(Buffer.from(ovirtText('3', system)), 'm.ovf'), 'm.ovf').os;
  assert.deepEqual([os('windows_2019x64'), os('rhel_8x64')], ['windows', undefined]);
});

test('Windows is known by whatever describes it, and gets what it has drivers for, and its clock', () => {
  const domain = (clock: string) =>
    readDomain(
      readXml(
        Buffer.from(
          `<domain><metadata><l:libosinfo xmlns:l="urn:l"><l:os id="http://microsoft.com/win/10"/></l:libosinfo></metadata><clock offset="${clock}"/></domain>`,
        ),
        'm.xml',
      ),
      'm.xml',
    );
  const box = readXml(
    Buffer.from(
      '<VirtualBox><Machine OSType="Windows10_64"><Hardware><RTC localOrUTC="local"/></Hardware></Machine></VirtualBox>',
    ),
    'm.vbox',
  );
  const system = (words: string) => ovf({ more: { system: words } });
  const machines = [
    vmx({ guestOS: 'windows9-64' }),
    vmx({ guestOS: 'windows9-64', 'rtc.startInUTC': 'TRUE' }),
    domain('localtime'),
    domain('utc'),
    readBox(box, 'm.vbox'),
    system('<OperatingSystemSection vmw:osType="windows9_64Guest"><Info>Its system</Info></OperatingSystemSection>'),
    vmx({ guestOS: 'debian11-64' }),
    system('<vbox:Machine><Hardware><RTC localOrUTC="local"/></Hardware></vbox:Machine>'),
  ];
  assert.deepEqual(
    machines.map(({ os, clock }) => [os, clock]),
    [
      ['windows', undefined],
      ['windows', 'utc'],
      ['windows', undefined],
      ['windows', 'utc'],
      ['windows', undefined],
      ['windows', undefined],
      [undefined, undefined],
      [undefined, 'localtime'],
    ],
  );
});

test('what a .vmx has that a machine does not get is listed', () => {
  const { notes, os, tpm, secureBoot } = vmx({
    ...{ guestOS: 'windows9-64', 'ethernet0.present': 'TRUE', 'ethernet1.present': 'TRUE', 'sound.present': 'TRUE' },
    ...{
      'checkpoint.vmState': 'Office.vmss',
      firmware: 'efi',
      'uefi.secureBoot.enabled': 'TRUE',
      'vtpm.present': 'TRUE',
    },
    ...{ nvram: 'Office.nvram', 'floppy0.present': 'FALSE' },
  });
  assert.deepEqual(codes(notes), [
    ...['bus-sata', 'address', 'cards', 'tpm', 'secure-boot', 'suspended', 'firmware-settings', 'device-later'],
  ]);
  assert.deepEqual([os, tpm, secureBoot], ['windows', true, true]);
});

/** As VMware’s programs write it. */
const VTPM = [
  '<Item ovf:required="false"><rasd:AutomaticAllocation>false</rasd:AutomaticAllocation>',
  '<rasd:ElementName>Virtual TPM</rasd:ElementName><rasd:InstanceID>14</rasd:InstanceID>',
  '<rasd:ResourceSubType>vmware.vtpm</rasd:ResourceSubType><rasd:ResourceType>1</rasd:ResourceType></Item>',
].join('');
const config = (key: string, value: string, element = 'Config') =>
  `<vmw:${element} ovf:required="false" vmw:key="${key}" vmw:value="${value}"/>`;
const EFI = config('firmware', 'efi');

test('a TPM is carried over from an OVF of VMware and of VirtualBox, and it is said', () => {
  const box = (tpm: string) => ({ system: `<vbox:Machine><Hardware>${tpm}</Hardware></vbox:Machine>` });
  const table: [string, Parameters<typeof ovf>[0]['more'], true | undefined][] = [
    ['VMware', { items: VTPM }, true],
    ['another of VMware’s own', { items: VTPM.replace('vmware.vtpm', 'vmware.vmci') }, undefined],
    ['VirtualBox', box('<TrustedPlatformModule type="v2_0" location=""/>'), true],
    ['VirtualBox’s older', box('<TrustedPlatformModule type="v1_2" location=""/>'), true],
    ['VirtualBox’s none', box('<TrustedPlatformModule type="None" location=""/>'), undefined],
    ['VirtualBox before 7', box(''), undefined],
  ];
  for (const [what, more, has] of table) {
    const { tpm, notes } = ovf({ more: more ?? {} });
    assert.deepEqual([tpm, codes(notes)], [has, has ? ['bus', 'tpm'] : ['bus']], what);
  }
});

test('Secure Boot is carried over where a description says that it is on, with UEFI', () => {
  const domain = (os: string) => {
    const text = `<domain type="kvm"><os${os}<type arch="x86_64" machine="q35">hvm</type></os></domain>`;
    return readDomain(readXml(Buffer.from(text), 'm.xml'), 'm.xml');
  };
  const feature = (name: string, enabled: string) => `<feature enabled="${enabled}" name="${name}"/>`;
  const chosen = (features: string) => domain(` firmware="efi"><firmware>${features}</firmware>`);
  const table: [string, ReturnType<typeof ovf>, true | undefined][] = [
    ['vSphere', ovf({ more: { hardware: EFI + config('bootOptions.efiSecureBootEnabled', 'true') } }), true],
    ['vSphere, off', ovf({ more: { hardware: EFI + config('bootOptions.efiSecureBootEnabled', 'false') } }), undefined],
    ['as in a .vmx', ovf({ more: { hardware: EFI + config('uefi.secureBoot.enabled', 'TRUE', 'ExtraConfig') } }), true],
    ['with BIOS', ovf({ more: { hardware: config('bootOptions.efiSecureBootEnabled', 'true') } }), undefined],
    ['.vmx', vmx({ firmware: 'efi', 'uefi.secureBoot.enabled': 'TRUE' }), true],
    ['.vmx with BIOS', vmx({ 'uefi.secureBoot.enabled': 'TRUE' }), undefined],
    [
      'libvirt, by its file',
      domain('><loader secure="yes" type="pflash">/usr/share/OVMF/OVMF_CODE_4M.ms.fd</loader>'),
      true,
    ],
    ['libvirt, by features', chosen(feature('secure-boot', 'yes') + feature('enrolled-keys', 'yes')), true],
    ['libvirt, without keys', chosen(feature('secure-boot', 'yes') + feature('enrolled-keys', 'no')), undefined],
    ['libvirt, off', chosen(feature('secure-boot', 'no')), undefined],
  ];
  for (const [what, { secureBoot, notes }, has] of table)
    assert.deepEqual([secureBoot, codes(notes).includes('secure-boot')], [has, has === true], what);
});

test('the disk that a .vmx starts from comes first', () => {
  const two = { 'scsi0:1.present': 'TRUE', 'scsi0:1.fileName': 'e.vmdk' };
  assert.deepEqual(
    vmx(two).disks.map(({ file }) => file),
    ['d.vmdk', 'e.vmdk'],
  );
  assert.equal(vmx({ ...two, 'bios.hddOrder': 'scsi0:1' }).disks[0]?.file, 'e.vmdk');
  const sata = { 'scsi0:0.present': 'FALSE', 'sata0:2.present': 'TRUE', 'sata0:2.fileName': 's.vmdk' };
  assert.deepEqual(vmx(sata).disks, [{ file: 's.vmdk', bus: 'SATA' }]);
  const text = Buffer.from(
    `.encoding = "windows-1252"\nconfig.version = "8"\nide0:0.present = "TRUE"\nide0:0.fileName = "B\u00fcro|22.vmdk"\n`,
    'latin1',
  );
  assert.equal(readVmx(text, 'm.vmx').disks[0]?.file, 'Büro".vmdk');
});

test('a .vmx that is none, says a thing twice or is encrypted is refused', () => {
  for (const text of [
    '',
    'memsize = 5\n',
    'memsize = "a"\nconfig.version = "8"\n',
    `${vmxText('d')}memsize = "1"\n`,
    '\0\0',
  ])
    assert.throws(() => readVmx(Buffer.from(text), 'm.vmx'), invalid, text);
  assert.throws(() => vmx({ 'encryption.keySafe': 'vmware:key/x' }), { code: 'DISK_ENCRYPTED' });
  assert.throws(() => readVmx(Buffer.from(`${'a = "b"\n'.repeat(20_001)}`), 'm.vmx'), invalid);
});

test('XML with a document type, entities of its own, or beyond its bounds is refused', () => {
  for (const text of [
    '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
    '<a>&b;</a>',
    '<a><b></a>',
    '<a/><b/>',
    '',
    'text',
    '<a b="1" b="2"/>',
    '<x:a/>',
    '<a>'.repeat(65) + '</a>'.repeat(65),
    `<a>${'<b/>'.repeat(20_000)}</a>`,
    `<a ${Array.from({ length: 101 }, (_, index) => `b${index}=""`).join(' ')}/>`,
    '<a>\u0001</a>',
  ])
    assert.throws(() => readXml(Buffer.from(text), 'm.xml'), invalid, text.slice(0, 80));
  assert.throws(() => readXml(Buffer.from([0x3c, 0x61, 0x3e, 0xff, 0x3c]), 'm.xml'), invalid);
  const utf16 = Buffer.from('\uFEFF<?xml version="1.0" encoding="UTF-16"?><a>&lt;é</a>', 'utf16le');
  assert.equal(readXml(utf16, 'm.xml').text, '<é');
});

test('an OVF that lacks what its disk needs is refused', () => {
  const text = ovfText({ disk: 'd.vmdk', bytes: 1 });
  for (const [from, to] of [
    ['ovf:diskId="vmdisk1"', 'ovf:diskId="other"'],
    ['ovf:fileRef="file1"', 'ovf:fileRef="other"'],
    ['ovf:href="d.vmdk"', ''],
    ['ovf:/disk/vmdisk1', 'ovf:/elsewhere/vmdisk1'],
    ['ovf:capacity="8"', 'ovf:capacity="-8"'],
    ['ovf:capacity="8"', 'ovf:capacity="999999999999999"'],
    ['<rasd:VirtualQuantity>2<', '<rasd:VirtualQuantity>two<'],
    ['<VirtualSystem ', '<Other '],
  ] as const)
    assert.throws(
      () => readOvf(readXml(Buffer.from(text.replaceAll(from, to)), 'm.ovf'), 'm.ovf'),
      { name: 'AppError', code: 'IMPORT_INVALID' },
      from,
    );
  assert.throws(() => ovf({ file: 'ovf:compression="bzip2"' }), { code: 'IMPORT_UNSUPPORTED' });
});
