import type { ImportDevice } from '../../../lib/import-notes.ts';
import type { DiskFormat } from '../../image/known.ts';
import type { Bus } from '../described.ts';
import { childrenOf, type Element } from './xml.ts';

const FORMATS: Readonly<Record<string, DiskFormat>> = { RAW: 'raw', COW: 'qcow2' };
const BUSES: Readonly<Record<string, Bus>> = { VirtIO: 'virtio', VirtIO_SCSI: 'virtio', IDE: 'IDE', SATA: 'SATA' };
/** Devices of kind 0 (“other”) that every machine has, or needs none of. */
const SILENT = ['controller', 'rng', 'channel', 'console', 'video', 'graphics', 'tpm'];
const DEVICES: Readonly<Record<string, ImportDevice>> = { sound: 'sound', hostdev: 'passed-through' };

/** A section as the standard names it, or as oVirt’s export domains have it: by its type. */
export function sectionOf(element: Element, name: string): Element | undefined {
  return (
    childrenOf(element, name)[0] ??
    childrenOf(element, 'Section').find(({ attributes: { type = '' } }) => type.endsWith(`:${name}_Type`))
  );
}

/** What oVirt says of a disk beside the standard; whether the machine starts from it. */
export function volumeDetails({ attributes }: Element): { format?: DiskFormat; bus?: Bus; isFirst: boolean } {
  const of = <T>(table: Readonly<Record<string, T>>, key = '') => (Object.hasOwn(table, key) ? table[key] : undefined);
  const format = of(FORMATS, attributes['volume-format']);
  const bus = of(BUSES, attributes['disk-interface']);
  return { ...(format ? { format } : {}), ...(bus ? { bus } : {}), isFirst: attributes['boot'] === 'true' };
}

/** What a machine does not get of a device of kind 0, by oVirt’s own word for it; nothing where that is not missed. */
export function otherDevice(kind: string, device: string): { device?: ImportDevice; item?: string } {
  if (SILENT.includes(kind)) return {};
  const known = Object.hasOwn(DEVICES, kind) ? DEVICES[kind] : undefined;
  if (known) return { device: known };
  return { item: device === '' || device === kind ? kind : `${device} (${kind})` };
}
