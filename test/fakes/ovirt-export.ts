const ID = (number: number) => `0000000${number}-3f4b-4e5b-8a4e-1c0a34f8d1b2`;
export const VM = ID(1);
/** Two disks, each a volume in the folder of its image. */
export const VOLUMES = [`${ID(2)}/${ID(3)}`, `${ID(4)}/${ID(5)}`] as const;

export interface ExportParts {
  /** What its first disk is called, and what that is the difference to. */
  first: string;
  parent: string;
}

/** As oVirt’s engine writes the description of a machine into an export domain, as far as it matters here; it starts from the second. */
export function exportText({ first = VOLUMES[0], parent = '' }: Partial<ExportParts> = {}): string {
  const disks = [
    {
      volume: first,
      more: `ovf:volume-format="COW" ovf:disk-interface="IDE" ovf:boot="false" ovf:parentRef="${parent}"`,
    },
    {
      volume: VOLUMES[1],
      more: 'ovf:volume-format="RAW" ovf:disk-interface="VirtIO" ovf:boot="true" ovf:parentRef=""',
    },
  ];
  const id = (volume: string) => volume.split('/').at(-1);
  const other = (type: string, device: string) =>
    `<Item><rasd:ResourceType>0</rasd:ResourceType><rasd:InstanceId>9</rasd:InstanceId><Type>${type}</Type><Device>${device}</Device></Item>`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<ovf:Envelope xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1/" xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData" xmlns:vssd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ovf:version="4.4.0.0">
  <References>${disks.map(({ volume }) => `<File ovf:href="${volume}" ovf:id="${id(volume)}" ovf:size="197120" ovf:description="" ovf:disk_storage_type="IMAGE"/>`).join('')}</References>
  <Section xsi:type="ovf:NetworkSection_Type"><Info>List of networks</Info></Section>
  <Section xsi:type="ovf:DiskSection_Type"><Info>List of Virtual Disks</Info>${disks.map(({ volume, more }) => `<Disk ovf:diskId="${id(volume)}" ovf:size="1" ovf:actual_size="1" ovf:fileRef="${volume}" ovf:volume-type="Sparse" ${more}/>`).join('')}</Section>
  <Content ovf:id="out" xsi:type="ovf:VirtualSystem_Type"><Name>office</Name><BiosType>0</BiosType>
    <Section ovf:id="${VM}" ovf:required="false" xsi:type="ovf:OperatingSystemSection_Type"><Info>Guest Operating System</Info><Description>windows_2019x64</Description></Section>
    <Section xsi:type="ovf:VirtualHardwareSection_Type"><Info>2 CPU, 2048 Memory</Info><System><vssd:VirtualSystemType>ENGINE 4.4.0.0</vssd:VirtualSystemType></System>
      <Item><rasd:Caption>2 virtual cpu</rasd:Caption><rasd:InstanceId>1</rasd:InstanceId><rasd:ResourceType>3</rasd:ResourceType><rasd:VirtualQuantity>2</rasd:VirtualQuantity></Item>
      <Item><rasd:Caption>2048 MB of memory</rasd:Caption><rasd:InstanceId>2</rasd:InstanceId><rasd:ResourceType>4</rasd:ResourceType><rasd:AllocationUnits>MegaBytes</rasd:AllocationUnits><rasd:VirtualQuantity>2048</rasd:VirtualQuantity></Item>
      ${disks.map(({ volume }) => `<Item><rasd:Caption>office_Disk</rasd:Caption><rasd:InstanceId>${id(volume)}</rasd:InstanceId><rasd:ResourceType>17</rasd:ResourceType><rasd:HostResource>${volume}</rasd:HostResource><rasd:Parent>00000000-0000-0000-0000-000000000000</rasd:Parent><Type>disk</Type><Device>disk</Device></Item>`).join('')}
      <Item><rasd:Caption>Graphical Framebuffer</rasd:Caption><rasd:InstanceId>6</rasd:InstanceId><rasd:ResourceType>26</rasd:ResourceType><Type>graphics</Type><Device>vnc</Device></Item>
      <Item><rasd:Caption>Graphical Controller</rasd:Caption><rasd:InstanceId>7</rasd:InstanceId><rasd:ResourceType>20</rasd:ResourceType><Type>video</Type><Device>vga</Device></Item>
      ${other('controller', 'virtio-serial')}${other('rng', 'virtio')}${other('balloon', 'memballoon')}${other('sound', 'ich6')}${other('tpm', 'tpm')}
    </Section>
  </Content>
</ovf:Envelope>`;
}
