import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { run } from '../../src/sys/programs/exec.ts';

/** A disk’s image by QEMU’s tool. */
export async function convert(raw: string, to: string, format: string, ...options: string[]): Promise<void> {
  await run('qemu-img', ['convert', '-f', 'raw', '-O', format, ...options, raw, to]);
}

/** A `.vmx` as VMware’s programs write them; more lines come behind, and take the place of those of their keys. */
export function vmxText(disk: string, more: Record<string, string> = {}): string {
  const settings = {
    ...{ '.encoding': 'UTF-8', 'config.version': '8', 'virtualHW.version': '19', displayName: 'Office' },
    ...{ memsize: '2048', numvcpus: '2', guestOS: 'debian12-64', 'scsi0.present': 'TRUE' },
    ...{ 'scsi0.virtualDev': 'lsilogic', 'scsi0:0.present': 'TRUE', 'scsi0:0.fileName': disk },
    ...{ 'ide1:0.present': 'TRUE', 'ide1:0.deviceType': 'cdrom-raw', 'ide1:0.fileName': 'auto detect' },
    ...more,
  };
  return `#!/usr/bin/vmware\n${Object.entries(settings)
    .map(([key, value]) => `${key} = "${value}"\n`)
    .join('')}`;
}

export interface OvfParts {
  disk: string;
  bytes: number;
  capacity?: string;
  units?: string;
  memory?: [quantity: number, units: string];
  cpus?: number;
  /** Attributes of its file, of its disk. */
  file?: string;
  more?: { items?: string; hardware?: string; disks?: string; files?: string; system?: string; before?: string };
}

/** An OVF as VMware’s `ovftool` writes them. */
export function ovfText(parts: OvfParts): string {
  const { disk, bytes, capacity = '8', units = 'byte * 2^20', cpus = 2, more = {} } = parts;
  const [memory, memoryUnits] = parts.memory ?? [2048, 'byte * 2^20'];
  return `<?xml version="1.0" encoding="UTF-8"?>
${more.before ?? ''}<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1" xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData" xmlns:vmw="http://www.vmware.com/schema/ovf" xmlns:vbox="http://www.virtualbox.org/ovf/machine">
  <References>
    <File ovf:href="${disk}" ovf:id="file1" ovf:size="${bytes}" ${parts.file ?? ''}/>${more.files ?? ''}
  </References>
  <DiskSection>
    <Info>Virtual disk information</Info>
    <Disk ovf:capacity="${capacity}" ovf:capacityAllocationUnits="${units}" ovf:diskId="vmdisk1" ovf:fileRef="file1" ovf:format="http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized"/>${more.disks ?? ''}
  </DiskSection>
  <VirtualSystem ovf:id="office">
    <Info>A virtual machine</Info>
    <VirtualHardwareSection>
      <Item><rasd:AllocationUnits>hertz * 10^6</rasd:AllocationUnits><rasd:InstanceID>1</rasd:InstanceID><rasd:ResourceType>3</rasd:ResourceType><rasd:VirtualQuantity>${cpus}</rasd:VirtualQuantity></Item>
      <Item><rasd:AllocationUnits>${memoryUnits}</rasd:AllocationUnits><rasd:InstanceID>2</rasd:InstanceID><rasd:ResourceType>4</rasd:ResourceType><rasd:VirtualQuantity>${memory}</rasd:VirtualQuantity></Item>
      <Item><rasd:Address>0</rasd:Address><rasd:InstanceID>3</rasd:InstanceID><rasd:ResourceSubType>lsilogic</rasd:ResourceSubType><rasd:ResourceType>6</rasd:ResourceType></Item>
      <Item><rasd:AddressOnParent>0</rasd:AddressOnParent><rasd:ElementName>Hard disk 1</rasd:ElementName><rasd:HostResource>ovf:/disk/vmdisk1</rasd:HostResource><rasd:InstanceID>9</rasd:InstanceID><rasd:Parent>3</rasd:Parent><rasd:ResourceType>17</rasd:ResourceType></Item>${more.items ?? ''}
      ${more.hardware ?? ''}
    </VirtualHardwareSection>${more.system ?? ''}
  </VirtualSystem>
</Envelope>
`;
}

/** What a manifest says of files of a folder. */
export function manifestText(folder: string, names: readonly string[], algorithm = 'sha256'): string {
  const digest = (name: string) =>
    createHash(algorithm)
      .update(readFileSync(join(folder, name)))
      .digest('hex');
  return names.map((name) => `${algorithm.toUpperCase()}(${name})= ${digest(name)}\n`).join('');
}

/** An OVA of files of a folder, in this order. */
export async function archive(folder: string, to: string, names: readonly string[], format = 'ustar'): Promise<string> {
  await run('tar', [`--format=${format}`, '-cf', join(folder, to), '-C', folder, ...names]);
  return join(folder, to);
}

/** The usual OVA: description, manifest, disk. */
export async function ova(
  folder: string,
  raw: string,
  more: Partial<OvfParts> & { algorithm?: string } = {},
): Promise<string> {
  const disk = join(folder, 'office-disk1.vmdk');
  await convert(raw, disk, 'vmdk', '-o', 'subformat=streamOptimized');
  const bytes = readFileSync(disk).length;
  writeFileSync(join(folder, 'office.ovf'), ovfText({ disk: basename(disk), bytes, ...more }));
  writeFileSync(join(folder, 'office.mf'), manifestText(folder, ['office.ovf', basename(disk)], more.algorithm));
  return archive(folder, 'office.ova', ['office.ovf', 'office.mf', basename(disk)]);
}

/** A domain as `virsh dumpxml` and virt-v2v write it. */
export function domainText(
  disk: string,
  more: { type?: string; bus?: string; os?: string; devices?: string; memory?: string } = {},
): string {
  const { type = 'qcow2', bus = 'virtio', os = '<type arch="x86_64" machine="q35">hvm</type><boot dev="hd"/>' } = more;
  return `<domain type="kvm">
  <name>office</name>
  ${more.memory ?? '<memory unit="KiB">2097152</memory>'}
  <vcpu placement="static">2</vcpu>
  <os>${os}</os>
  <clock offset="utc"/>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type="file" device="cdrom"><target dev="sda" bus="sata"/><readonly/></disk>
    <disk type="file" device="disk"><driver name="qemu" type="${type}"/><source file="${disk}"/><target dev="vda" bus="${bus}"/></disk>
    <interface type="network"><mac address="52:54:00:6b:3c:58"/><source network="default"/></interface>${more.devices ?? ''}
  </devices>
</domain>
`;
}

/** A `.vbox` as VirtualBox writes it. */
export function boxText(
  disk: string,
  more: { medium?: string; hardware?: string; machine?: string; uuid?: string } = {},
): string {
  const { uuid = '{3b6b6f5f-0000-4000-8000-000000000001}' } = more;
  return `<?xml version="1.0"?>
<VirtualBox xmlns="http://www.virtualbox.org/" version="1.19-linux">
  <Machine uuid="{00000000-0000-4000-8000-000000000002}" name="Office" OSType="Debian_64" ${more.machine ?? ''}>
    <MediaRegistry><HardDisks>
      <HardDisk uuid="{3b6b6f5f-0000-4000-8000-000000000001}" location="${disk}" format="VDI" type="Normal">${more.medium ?? ''}</HardDisk>
    </HardDisks></MediaRegistry>
    <Hardware>
      <CPU count="2"/><Memory RAMSize="2048"/>${more.hardware ?? ''}
      <Network><Adapter slot="0" enabled="true" MACAddress="080027D0A1B2" type="82540EM"/><Adapter slot="1" enabled="false"/></Network>
      <StorageControllers><StorageController name="SATA" type="AHCI" PortCount="2">
        <AttachedDevice type="DVD" port="1" device="0"/>
        <AttachedDevice type="HardDisk" port="0" device="0"><Image uuid="${uuid}"/></AttachedDevice>
      </StorageController></StorageControllers>
    </Hardware>
  </Machine>
</VirtualBox>
`;
}
