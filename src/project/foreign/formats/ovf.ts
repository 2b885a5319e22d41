import { AppError } from '../../../lib/errors.ts';
import type { ImportDevice } from '../../../lib/import-notes.ts';
import {
  type Bus,
  boundedHardware,
  commonNotes,
  type Described,
  type DescribedDisk,
  guestKinds,
  tpmOf,
} from '../described.ts';
import { deviceNote, type ImportNote, note } from '../notes.ts';
import { volumeIn } from '../volume.ts';
import { otherDevice, sectionOf, volumeDetails } from './ovirt.ts';
import { bytesOfUnit } from './units.ts';
import { childOf, childrenOf, type Element, textOf } from './xml.ts';

/** Kinds of hardware by CIM’s numbers (`rasd:ResourceType`). */
const CPU = 3;
const MEMORY = 4;
const CARD = 10;
const DISK = 17;
const CONTROLLERS: Readonly<Record<number, Bus>> = { 5: 'IDE', 6: 'SCSI', 20: 'SATA', 23: 'USB' };
/** Those that a machine does not get. CDs (15, 16), graphics (24) and the like every machine has, or needs none of. */
const DEVICES: Readonly<Record<number, ImportDevice>> = {
  ...{ 14: 'floppy', 18: 'tape', 21: 'serial', 22: 'parallel', 35: 'sound' },
};
const SILENT = [1, 15, 16, 23, 24, 26];
/** Of kind 0 is what has no kind of its own; oVirt says then in its own words what it is. */
const OTHER = 0;
/** VMware’s own kinds of hardware are of type 1, and told apart by their names. */
const OWN = 1;
const SECURE = ['bootoptions.efisecurebootenabled', 'uefi.secureboot.enabled'];

/**
 * oVirt’s kinds of chipset and firmware, as its files number them: what stands there is one less than what its API says, so that
 * files of its version 4.3 are still read. Other numbers are left to its cluster, which no file has.
 */
const OVIRT_STARTS: Readonly<Record<string, { firmware: 'bios' | 'uefi'; isSecure: boolean }>> = {
  0: { firmware: 'bios', isSecure: false },
  1: { firmware: 'bios', isSecure: false },
  2: { firmware: 'uefi', isSecure: false },
  3: { firmware: 'uefi', isSecure: true },
};

/** A machine as the Open Virtualization Format describes it, of VMware, VirtualBox or others. @throws IMPORT_INVALID, IMPORT_UNSUPPORTED */
export function readOvf(envelope: Element, name: string): Described {
  const system = systemOf(envelope, name);
  const hardware = sectionOf(system, 'VirtualHardwareSection');
  const items = childrenOf(hardware, 'Item', 'StorageItem', 'EthernetPortItem').map((item) => itemOf(item, name));
  const disks = disksOf(envelope, items, name);
  const cpus = items.find(({ type }) => type === CPU)?.quantity;
  const memory = items.find(({ type }) => type === MEMORY);
  const { notes, ...bounded } = boundedHardware(memory && memoryMiB(memory, name), cpus);
  const cards = items.filter(({ type }) => type === CARD).length;
  const isWindows = isWindowsIn(system);
  const { firmware, isSecure } = startOf(system, hardware);
  const { notes: tpmNotes, ...tpm } = tpmOf(hasTpm(system, items));
  return {
    ...bounded,
    ...guestKinds({ isWindows, isLocal: isLocalIn(system, isWindows) }),
    ...tpm,
    ...(firmware === undefined ? {} : { firmware }),
    ...(isSecure ? { secureBoot: true } : {}),
    disks: disks.filter(({ file }) => file !== ''),
    notes: [
      ...notes,
      ...commonNotes(
        disks.filter(({ file }) => file !== ''),
        cards,
        isWindows,
      ),
      ...emptyNotes(disks),
      ...tpmNotes,
      ...(isSecure ? [note('secure-boot')] : []),
      ...otherNotes(items),
    ],
  };
}

function systemOf(envelope: Element, name: string): Element {
  const systems = [envelope, ...childrenOf(envelope, 'VirtualSystemCollection')].flatMap((element) =>
    childrenOf(element, 'VirtualSystem', 'Content'),
  );
  const [system] = systems;
  if (!system) throw new AppError('IMPORT_INVALID', `${name} describes no machine`);
  if (systems.length > 1)
    throw new AppError('IMPORT_UNSUPPORTED', `${name} describes ${systems.length} machines: export them one by one`);
  return system;
}

interface Item {
  type: number;
  id: string;
  quantity: number | undefined;
  units: string | undefined;
  host: string | undefined;
  parent: string | undefined;
  place: number;
  subType: string;
  title: string;
  /** oVirt’s words for what it is. */
  kind: string;
  device: string;
}

function itemOf(element: Element, name: string): Item {
  const number = (key: string) => {
    const text = textOf(element, key);
    if (text !== undefined && !/^\d{1,15}$/.test(text))
      throw new AppError('IMPORT_INVALID', `${name} has a ${key} that is no number`);
    return text === undefined ? undefined : Number(text);
  };
  const place = textOf(element, 'AddressOnParent') ?? '0';
  return {
    type: number('ResourceType') ?? 0,
    id: textOf(element, 'InstanceID') ?? textOf(element, 'InstanceId') ?? '',
    quantity: number('VirtualQuantity'),
    units: textOf(element, 'AllocationUnits'),
    host: textOf(element, 'HostResource'),
    parent: textOf(element, 'Parent'),
    place: /^\d{1,6}$/.test(place) ? Number(place) : 0,
    subType: textOf(element, 'ResourceSubType') ?? '',
    title: textOf(element, 'ElementName') ?? textOf(element, 'Caption') ?? '',
    kind: textOf(element, 'Type') ?? '',
    device: textOf(element, 'Device') ?? '',
  };
}

function memoryMiB({ quantity = 0, units = 'byte * 2^20' }: Item, name: string): number {
  const unit = bytesOfUnit(units);
  if (unit === undefined) throw new AppError('IMPORT_INVALID', `${name} measures memory in a unit that is none`);
  return (quantity * unit) / 2 ** 20;
}

/** Its disks in the order of their controllers; an empty one has no file. */
function disksOf(envelope: Element, items: readonly Item[], name: string): DescribedDisk[] {
  const controllers = items.filter(({ type }) => type in CONTROLLERS);
  const rank = ({ parent }: Item) => controllers.findIndex(({ id }) => id === parent);
  return items
    .filter(({ type }) => type === DISK)
    .toSorted((a, b) => rank(a) - rank(b) || a.place - b.place)
    .map((item) => ({ bus: busOf(controllers[rank(item)]), isFirst: false, ...fileOf(envelope, item, name) }))
    .toSorted((a, b) => Number(b.isFirst) - Number(a.isFirst))
    .map(({ isFirst, ...disk }) => disk);
}

function busOf(controller: Item | undefined): Bus | undefined {
  if (!controller) return undefined;
  if (/virtio/i.test(controller.subType)) return 'virtio';
  if (/nvme/i.test(controller.subType)) return 'NVMe';
  return CONTROLLERS[controller.type];
}

type FoundFile = Omit<DescribedDisk, 'bus'> & { bus?: Bus; isFirst?: boolean };

/** Which file `ovf:/disk/ID` or `ovf:/file/ID` is; oVirt’s export domains name the file itself. @throws IMPORT_INVALID */
function fileOf(envelope: Element, { host = '', title }: Item, name: string): FoundFile {
  const isVolume = volumeIn(host) !== undefined;
  const [, kind, id = ''] = /^(?:ovf:)?\/+(disk|file)\/(.+)$/.exec(host) ?? [];
  const missing = () =>
    new AppError(
      'IMPORT_INVALID',
      `${name} has a disk whose file it does not name: ${JSON.stringify(title.slice(0, 80))}`,
    );
  if (kind === undefined && !isVolume) throw missing();
  const diskBy = (key: string, value: string) => byAttribute(envelope, ['DiskSection', 'Section'], 'Disk', key, value);
  const disk = isVolume ? diskBy('fileRef', host) : kind === 'disk' ? diskBy('diskId', id) : undefined;
  if (kind !== 'file' && !disk) throw missing();
  if ((disk?.attributes['parentRef'] ?? '') !== '')
    throw new AppError(
      'IMPORT_UNSUPPORTED',
      `${name} has a disk that is the difference to another one: export it without snapshots`,
    );
  const capacity = disk && capacityOf(disk, name);
  const sized = capacity === undefined ? {} : { capacityBytes: capacity };
  // Its size is what it takes on its disk, not how long it is.
  if (isVolume && disk) return { file: host, ...sized, ...volumeDetails(disk) };
  const reference = disk ? disk.attributes['fileRef'] : id;
  if (reference === undefined || reference === '') return { file: '', ...sized };
  const file = byAttribute(envelope, ['References'], 'File', 'id', reference);
  const href = file?.attributes['href'];
  if (!file || href === undefined || href === '') throw missing();
  return { file: href, ...sized, ...packingOf(file, name) };
}

function capacityOf({ attributes }: Element, name: string): number | undefined {
  const { capacity = '', capacityAllocationUnits: units = 'byte' } = attributes;
  const unit = bytesOfUnit(units);
  if (unit === undefined) throw new AppError('IMPORT_INVALID', `${name} measures a disk in a unit that is none`);
  // `${property}` is filled in by whoever deploys.
  if (/^\$\{.*\}$/.test(capacity) || capacity === '') return undefined;
  const bytes = /^\d{1,15}$/.test(capacity) ? Number(capacity) * unit : Number.NaN;
  if (!Number.isSafeInteger(bytes)) throw new AppError('IMPORT_INVALID', `${name} has a disk of an impossible size`);
  return bytes;
}

function packingOf({ attributes }: Element, name: string): Pick<DescribedDisk, 'isPacked' | 'pieceBytes' | 'bytes'> {
  const { compression = 'identity', chunkSize, size } = attributes;
  if (!['identity', '', 'gzip'].includes(compression))
    throw new AppError(
      'IMPORT_UNSUPPORTED',
      `${name} has a file that is compressed with ${JSON.stringify(compression.slice(0, 40))}: export it without`,
    );
  const number = (text: string | undefined) => {
    if (text === undefined) return undefined;
    if (!/^\d{1,15}$/.test(text)) throw new AppError('IMPORT_INVALID', `${name} has a file of an impossible size`);
    return Number(text);
  };
  const [piece, bytes] = [number(chunkSize), number(size)];
  return {
    ...(compression === 'gzip' ? { isPacked: true } : {}),
    ...(piece === undefined || piece === 0 ? {} : { pieceBytes: piece }),
    ...(bytes === undefined ? {} : { bytes }),
  };
}

function byAttribute(
  envelope: Element,
  sections: string[],
  name: string,
  key: string,
  value: string,
): Element | undefined {
  return childrenOf(envelope, ...sections)
    .flatMap((section) => childrenOf(section, name))
    .find(({ attributes }) => attributes[key] === value);
}

/**
 * How it starts: VMware says so in settings of its own, oVirt in a number, VirtualBox in the description of its own that it puts
 * beside. Without a firmware, its disk decides.
 */
function startOf(system: Element, hardware: Element | undefined): { firmware?: 'bios' | 'uefi'; isSecure: boolean } {
  const config = childrenOf(hardware, 'Config').find(({ attributes }) => attributes['key'] === 'firmware');
  const number = textOf(system, 'BiosType');
  if (!config && number !== undefined)
    return (Object.hasOwn(OVIRT_STARTS, number) ? OVIRT_STARTS[number] : undefined) ?? { isSecure: false };
  const said = config?.attributes['value'] ?? boxOf(system, 'Firmware')?.attributes['type'] ?? '';
  const isUefi = config ? said.toLowerCase() === 'efi' : said.toUpperCase().startsWith('EFI');
  return isUefi ? { firmware: 'uefi', isSecure: isSecureIn(hardware) } : { firmware: 'bios', isSecure: false };
}

function emptyNotes(disks: readonly DescribedDisk[]): ImportNote[] {
  return disks.filter(({ file }) => file === '').map((_, index) => note('disk-empty', { file: `${index + 1}` }));
}

/** By VMware’s word for it, VirtualBox’s, or oVirt’s, which is the description alone. */
function isWindowsIn(system: Element): boolean {
  const about = sectionOf(system, 'OperatingSystemSection');
  const word = about?.attributes['osType'] ?? textOf(about ?? system, 'OSType') ?? textOf(about, 'Description');
  return /^windows/i.test(word ?? '');
}

/** VirtualBox alone says it. */
function isLocalIn(system: Element, isWindows: boolean): boolean {
  const said = boxOf(system, 'RTC')?.attributes['localOrUTC'];
  return said === undefined ? isWindows : said === 'local';
}

/** What VirtualBox says of a part of its machine’s hardware. */
function boxOf(system: Element, part: string): Element | undefined {
  return childOf(childOf(childOf(system, 'Machine'), 'Hardware'), part);
}

/** VMware alone says it: by vSphere’s word for it, or by that of a `.vmx`. VirtualBox keeps it among the firmware’s variables. */
function isSecureIn(hardware: Element | undefined): boolean {
  return childrenOf(hardware, 'Config', 'ExtraConfig').some(
    ({ attributes: { key = '', value } }) => SECURE.includes(key.toLowerCase()) && value?.toLowerCase() === 'true',
  );
}

/** VMware and oVirt have an item for it, VirtualBox an element in the description of its own. */
function hasTpm(system: Element, items: readonly Item[]): boolean {
  if (items.some(({ type, subType }) => type === OWN && subType.toLowerCase() === 'vmware.vtpm')) return true;
  if (items.some(({ type, kind }) => type === OTHER && kind === 'tpm')) return true;
  return (boxOf(system, 'TrustedPlatformModule')?.attributes['type'] ?? 'None') !== 'None';
}

function otherNotes(items: readonly Item[]): ImportNote[] {
  const known = [CPU, MEMORY, CARD, DISK, ...SILENT, ...Object.keys(CONTROLLERS).map(Number)];
  const own = items
    .filter(({ type, kind }) => type === OTHER && kind !== '')
    .map((item) => otherDevice(item.kind, item.device));
  const devices = new Set([
    ...items.flatMap(({ type }) => DEVICES[type] ?? []),
    ...own.flatMap(({ device }) => device ?? []),
  ]);
  const others = items.filter(
    ({ type, kind }) => !known.includes(type) && !(type in DEVICES) && !(type === OTHER && kind !== ''),
  );
  return [
    ...[...devices].map(deviceNote),
    ...[...new Set(own.flatMap(({ item }) => item ?? []))].map((item) => note('not-understood', { item })),
    ...others.map(({ title, type }) =>
      note('not-understood', { item: title === '' ? `hardware of kind ${type}` : title }),
    ),
  ];
}
