import type { z } from 'zod';
import type { GuestSystem } from '../../hardware-kind.ts';

type System = z.infer<typeof GuestSystem>;

/** What an OVF says of a machine of a project. */
export interface OvfMachine {
  name: string;
  memoryMiB: number;
  cpus: number;
  firmware: 'bios' | 'uefi';
  os?: System;
  disk: { file: string; bytes: number; capacityBytes: number };
}

const STREAM = 'http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized';
const ITEM = 'http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData';
const VIRTUALBOX = 'http://www.virtualbox.org/ovf/machine';
const SYSTEM = 'http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData';

/**
 * What runs in it, in CIM’s numbers, VMware’s words and VirtualBox’s. Both programs ask for a release; where a project says no more than
 * “Windows”, the one named is the newest that both have known for years.
 */
const SYSTEMS: Record<System, { cim: number; vmware: string; virtualBox: string; words: string }> = {
  linux: { cim: 101, vmware: 'otherLinux64Guest', virtualBox: 'Linux_64', words: 'Linux' },
  windows: { cim: 1, vmware: 'windows9_64Guest', virtualBox: 'Windows10_64', words: 'Windows' },
  other: { cim: 102, vmware: 'otherGuest64', virtualBox: 'Other_64', words: 'Another system' },
};

/** A description in the Open Virtualization Format 1.1, as VMware’s and VirtualBox’s programs read it. */
export function ovfOf({ name, memoryMiB, cpus, firmware, os = 'other', disk }: OvfMachine): string {
  const { cim, vmware, virtualBox, words } = SYSTEMS[os];
  const efi =
    firmware === 'uefi' ? '\n      <vmw:Config ovf:required="false" vmw:key="firmware" vmw:value="efi"/>' : '';
  return `<?xml version="1.0" encoding="UTF-8"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1" xmlns:rasd="${ITEM}" xmlns:vssd="${SYSTEM}" xmlns:vmw="http://www.vmware.com/schema/ovf" xmlns:vbox="${VIRTUALBOX}">
  <References>
    <File ovf:href="${disk.file}" ovf:id="file1" ovf:size="${disk.bytes}"/>
  </References>
  <DiskSection>
    <Info>Virtual disks</Info>
    <Disk ovf:capacity="${disk.capacityBytes}" ovf:capacityAllocationUnits="byte" ovf:diskId="disk1" ovf:fileRef="file1" ovf:format="${STREAM}"/>
  </DiskSection>
  <NetworkSection>
    <Info>Networks</Info>
    <Network ovf:name="NAT"><Description>Its one network</Description></Network>
  </NetworkSection>
  <VirtualSystem ovf:id="${name}">
    <Info>A virtual machine</Info>
    <Name>${name}</Name>
    <OperatingSystemSection ovf:id="${cim}" vmw:osType="${vmware}">
      <Info>Its operating system</Info>
      <Description>${words}</Description>
      <vbox:OSType ovf:required="false">${virtualBox}</vbox:OSType>
    </OperatingSystemSection>
    <VirtualHardwareSection>
      <Info>Its hardware</Info>
      <System><vssd:ElementName>Hardware</vssd:ElementName><vssd:InstanceID>0</vssd:InstanceID><vssd:VirtualSystemIdentifier>${name}</vssd:VirtualSystemIdentifier><vssd:VirtualSystemType>vmx-10</vssd:VirtualSystemType></System>
      <Item><rasd:AllocationUnits>hertz * 10^6</rasd:AllocationUnits><rasd:ElementName>Processors</rasd:ElementName><rasd:InstanceID>1</rasd:InstanceID><rasd:ResourceType>3</rasd:ResourceType><rasd:VirtualQuantity>${cpus}</rasd:VirtualQuantity></Item>
      <Item><rasd:AllocationUnits>byte * 2^20</rasd:AllocationUnits><rasd:ElementName>Memory</rasd:ElementName><rasd:InstanceID>2</rasd:InstanceID><rasd:ResourceType>4</rasd:ResourceType><rasd:VirtualQuantity>${memoryMiB}</rasd:VirtualQuantity></Item>
      <Item><rasd:Address>0</rasd:Address><rasd:ElementName>SATA controller</rasd:ElementName><rasd:InstanceID>3</rasd:InstanceID><rasd:ResourceSubType>AHCI</rasd:ResourceSubType><rasd:ResourceType>20</rasd:ResourceType></Item>
      <Item><rasd:AddressOnParent>0</rasd:AddressOnParent><rasd:ElementName>System disk</rasd:ElementName><rasd:HostResource>ovf:/disk/disk1</rasd:HostResource><rasd:InstanceID>4</rasd:InstanceID><rasd:Parent>3</rasd:Parent><rasd:ResourceType>17</rasd:ResourceType></Item>
      <Item><rasd:AutomaticAllocation>true</rasd:AutomaticAllocation><rasd:Connection>NAT</rasd:Connection><rasd:ElementName>Network card</rasd:ElementName><rasd:InstanceID>5</rasd:InstanceID><rasd:ResourceSubType>E1000</rasd:ResourceSubType><rasd:ResourceType>10</rasd:ResourceType></Item>${efi}
    </VirtualHardwareSection>
  </VirtualSystem>
</Envelope>
`;
}
