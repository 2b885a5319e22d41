import { AppError } from '../../../lib/errors.ts';
import type { ImportDevice } from '../../../lib/import-notes.ts';
import { DISK_FORMATS, type DiskFormat } from '../../image/known.ts';
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
import { bytesOfUnit } from './units.ts';
import { childOf, childrenOf, type Element, textOf } from './xml.ts';

const BUSES: Readonly<Record<string, Bus>> = {
  ...{ virtio: 'virtio', scsi: 'SCSI', sata: 'SATA', ide: 'IDE', usb: 'USB', nvme: 'NVMe' },
};
/** libvirt’s own units, where they are not those of others: `M` counts as `MiB`. */
const UNITS: Readonly<Record<string, string>> = { b: 'byte', bytes: 'byte', k: 'kib', m: 'mib', g: 'gib', t: 'tib' };
const DECIMAL: Readonly<Record<string, number>> = { kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12 };
const ARCHITECTURES = ['x86_64', 'i686', 'i386'];
/** Devices that a machine does not get, by the elements that name them. */
const DEVICES: Readonly<Record<string, ImportDevice>> = {
  ...{ sound: 'sound', hostdev: 'passed-through', filesystem: 'shared-folders', parallel: 'parallel' },
};

/** A machine as libvirt’s domain XML describes it: of virt-manager, virsh, virt-v2v. @throws IMPORT_INVALID, IMPORT_UNSUPPORTED */
export function readDomain(domain: Element, name: string): Described {
  const os = childOf(domain, 'os');
  const arch = childOf(os, 'type')?.attributes['arch'] ?? 'x86_64';
  if (!ARCHITECTURES.includes(arch))
    throw new AppError(
      'IMPORT_UNSUPPORTED',
      `${name} is a machine of the architecture ${JSON.stringify(arch.slice(0, 40))}: machines here are x86`,
    );
  const devices = childOf(domain, 'devices');
  const disks = disksOf(devices, name);
  const { notes, ...hardware } = boundedHardware(memoryMiB(domain, name), cpusOf(domain, name));
  const loader = childOf(os, 'loader');
  const isUefi = os?.attributes['firmware'] === 'efi' || loader?.attributes['type'] === 'pflash';
  const isSecure = isUefi && isSecureIn(os, loader);
  const { notes: tpmNotes, ...tpm } = tpmOf(childOf(devices, 'tpm') !== undefined);
  const isWindows = systemOf(domain).startsWith('http://microsoft.com/win');
  return {
    ...hardware,
    ...guestKinds({ isWindows, isLocal: childOf(domain, 'clock')?.attributes['offset'] === 'localtime' }),
    ...tpm,
    ...(isSecure ? { secureBoot: true } : {}),
    firmware: isUefi ? 'uefi' : 'bios',
    disks,
    notes: [
      ...notes,
      ...commonNotes(disks, childrenOf(devices, 'interface').length, isWindows),
      ...(isSecure ? [note('secure-boot')] : []),
      ...(isUefi && childOf(os, 'nvram') ? [note('firmware-settings')] : []),
      ...(childOf(os, 'kernel') ? [note('not-understood', { item: 'a kernel that starts without firmware' })] : []),
      ...tpmNotes,
      ...deviceNotes(devices),
    ],
  };
}

/** The firmware can be asked for by its file or by what it has to do; without keys of anybody it starts everything. */
function isSecureIn(os: Element | undefined, loader: Element | undefined): boolean {
  const features = childrenOf(childOf(os, 'firmware'), 'feature');
  const said = (name: string) => features.find(({ attributes }) => attributes['name'] === name)?.attributes['enabled'];
  const isAsked = loader?.attributes['secure'] === 'yes' || said('secure-boot') === 'yes';
  return isAsked && said('enrolled-keys') !== 'no';
}

/** What runs in it, as the database of libosinfo names that. */
function systemOf(domain: Element): string {
  const about = childOf(childOf(domain, 'metadata'), 'libosinfo');
  return childOf(about, 'os')?.attributes['id'] ?? '';
}

function memoryMiB(domain: Element, name: string): number | undefined {
  const element = childOf(domain, 'memory');
  if (!element) return undefined;
  const said = (element.attributes['unit'] ?? 'KiB').toLowerCase();
  const unit = DECIMAL[said] ?? bytesOfUnit(UNITS[said] ?? said);
  const text = element.text.trim();
  if (unit === undefined || !/^\d{1,15}$/.test(text))
    throw new AppError('IMPORT_INVALID', `${name} has a memory that cannot be read`);
  return (Number(text) * unit) / 2 ** 20;
}

function cpusOf(domain: Element, name: string): number | undefined {
  const text = textOf(domain, 'vcpu');
  if (text !== undefined && !/^\d{1,6}$/.test(text))
    throw new AppError('IMPORT_INVALID', `${name} has no number of processors`);
  return text === undefined ? undefined : Number(text);
}

/** Its disks, those with an order of their own first. */
function disksOf(devices: Element | undefined, name: string): DescribedDisk[] {
  return childrenOf(devices, 'disk')
    .filter(({ attributes }) => (attributes['device'] ?? 'disk') === 'disk')
    .map((disk) => ({ order: Number(childOf(disk, 'boot')?.attributes['order'] ?? 1e6), disk: diskOf(disk, name) }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ disk }) => disk);
}

function diskOf(disk: Element, name: string): DescribedDisk {
  const source = childOf(disk, 'source');
  const target = childOf(disk, 'target')?.attributes ?? {};
  const file = source?.attributes['file'];
  if (disk.attributes['type'] !== 'file' || file === undefined || file === '')
    throw new AppError(
      'IMPORT_UNSUPPORTED',
      `${name} has a disk that is no file (${JSON.stringify((target['dev'] ?? '').slice(0, 40))}): copy it into one with \`qemu-img convert\`, and say which with --disk`,
    );
  const type = childOf(disk, 'driver')?.attributes['type'];
  const bus = BUSES[target['bus'] ?? ''];
  const format = type === 'vpc' ? 'vhd' : DISK_FORMATS.find((known) => known === type);
  return { file, bus, ...(format === undefined ? {} : { format: format satisfies DiskFormat }) };
}

function deviceNotes(devices: Element | undefined): ImportNote[] {
  const found = new Set((devices?.children ?? []).flatMap(({ name }) => DEVICES[name] ?? []));
  const hasFloppy = childrenOf(devices, 'disk').some(({ attributes }) => attributes['device'] === 'floppy');
  return [...found, ...(hasFloppy ? (['floppy'] as const) : [])].map(deviceNote);
}
