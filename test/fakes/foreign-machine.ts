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
