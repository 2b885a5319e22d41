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
import { readSettings } from '../settings.ts';

/** The order in which VMware’s BIOS looks at buses, where nothing else is said. */
const BUSES: readonly [name: string, bus: Bus][] = [
  ['scsi', 'SCSI'],
  ['sata', 'SATA'],
  ['nvme', 'NVMe'],
  ['ide', 'IDE'],
];

/** A machine of VMware’s programs. @throws IMPORT_INVALID, IMPORT_UNSUPPORTED, DISK_ENCRYPTED */
export function readVmx(bytes: Buffer, name: string): Described {
  const settings = new Map([...readSettings(bytes, name)].map(([key, { value }]) => [key, value]));
  if (settings.has('encryption.keysafe') || settings.has('encryption.data'))
    throw new AppError('DISK_ENCRYPTED', `${name} is encrypted: take the encryption off in VMware`);
  if (!settings.has('config.version') && !settings.has('virtualhw.version'))
    throw new AppError('IMPORT_INVALID', `${name} is no description of a VMware machine`);
  requireNoRedo(settings, name);
  const disks = disksOf(settings);
  const { notes, ...hardware } = boundedHardware(
    numberOf(settings, 'memsize', name),
    numberOf(settings, 'numvcpus', name),
  );
  const kinds = kindsOf(settings);
  const firmware = settings.get('firmware')?.toLowerCase() === 'efi' ? 'uefi' : 'bios';
  const isSecure = firmware === 'uefi' && isOn(settings, 'uefi.secureboot.enabled');
  const { notes: tpmNotes, ...tpm } = tpmOf(isOn(settings, 'vtpm.present'));
  return {
    ...hardware,
    ...guestKinds(kinds),
    ...tpm,
    firmware,
    ...(isSecure ? { secureBoot: true } : {}),
    disks,
    notes: [
      ...notes,
      ...commonNotes(disks, cardsOf(settings), kinds.isWindows),
      ...tpmNotes,
      ...(isSecure ? [note('secure-boot')] : []),
      ...notesOf(settings),
    ],
  };
}

/** VMware’s older programs kept what was written since a snapshot in a file of its own kind. @throws IMPORT_UNSUPPORTED */
function requireNoRedo(settings: ReadonlyMap<string, string>, name: string): void {
  const redo = [...settings].find(([key, value]) => /^(scsi|ide)\d+:\d+\.redo$/.test(key) && value !== '');
  if (redo)
    throw new AppError(
      'IMPORT_UNSUPPORTED',
      `${name} has a snapshot, and what was written since is in ${redo[1].slice(0, 200)} alone: remove the snapshot in VMware, which writes it into the disk`,
    );
}

function numberOf(settings: ReadonlyMap<string, string>, key: string, name: string): number | undefined {
  const text = settings.get(key);
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw new AppError('IMPORT_INVALID', `${name} has no number for ${key}`);
  return Number(text);
}

function isOn(settings: ReadonlyMap<string, string>, key: string): boolean {
  return settings.get(key)?.toLowerCase() === 'true' || settings.get(key) === '1';
}

function disksOf(settings: ReadonlyMap<string, string>): DescribedDisk[] {
  const found = BUSES.flatMap(([key, bus]) =>
    slotsOf(settings, key)
      .filter((slot) => isOn(settings, `${slot}.present`))
      .filter((slot) => !/cdrom|floppy|passthru/i.test(settings.get(`${slot}.devicetype`) ?? 'disk'))
      .map((slot) => ({ slot, bus, file: settings.get(`${slot}.filename`) ?? '' })),
  ).filter(({ file }) => file !== '' && !/\.(iso|flp)$/i.test(file));
  // `bios.hddOrder = "scsi0:1"` names those that come first.
  const order = (settings.get('bios.hddorder') ?? '').toLowerCase().split(',');
  const rank = (slot: string) => (order.includes(slot) ? order.indexOf(slot) : order.length);
  return found.toSorted((a, b) => rank(a.slot) - rank(b.slot)).map(({ file, bus }) => ({ file, bus }));
}

/** `scsi0:0`, `scsi0:1`, `scsi1:0`, … as the settings have them. */
function slotsOf(settings: ReadonlyMap<string, string>, key: string): string[] {
  const slots = [...settings.keys()].flatMap((name) => new RegExp(`^${key}(\\d{1,2}):(\\d{1,3})\\.`).exec(name) ?? []);
  const unique = [...new Set(slots.filter((text) => text.endsWith('.')).map((text) => text.slice(0, -1)))];
  const place = (slot: string) => slot.slice(key.length).split(':').map(Number);
  return unique.toSorted((a, b) => {
    const [[ca = 0, da = 0], [cb = 0, db = 0]] = [place(a), place(b)];
    return ca - cb || da - db;
  });
}

function cardsOf(settings: ReadonlyMap<string, string>): number {
  return [...settings].filter(([key]) => /^ethernet\d+\.present$/.test(key)).filter(([key]) => isOn(settings, key))
    .length;
}

/** Devices by the setting that says that they are there. */
const DEVICES: readonly [setting: string, device: ImportDevice][] = [
  ['sound.present', 'sound'],
  ['floppy0.present', 'floppy'],
  ['serial0.present', 'serial'],
  ['parallel0.present', 'parallel'],
  ['mks.enable3d', '3d'],
  ['pcipassthru0.present', 'passed-through'],
  ['sharedfolder0.present', 'shared-folders'],
];

function kindsOf(settings: ReadonlyMap<string, string>): { isWindows: boolean; isLocal: boolean } {
  const isWindows = /^win/i.test(settings.get('guestos') ?? '');
  const isLocal = isWindows && !isOn(settings, 'rtc.startinutc');
  return { isWindows, isLocal: isLocal || /^-?[1-9]/.test(settings.get('rtc.difffromutc') ?? '') };
}

function notesOf(settings: ReadonlyMap<string, string>): ImportNote[] {
  const isSuspended = (settings.get('checkpoint.vmstate') ?? '') !== '';
  return [
    ...(isSuspended ? [note('suspended')] : []),
    ...(settings.has('nvram') && settings.get('firmware') === 'efi' ? [note('firmware-settings')] : []),
    ...DEVICES.filter(([setting]) => isOn(settings, setting)).map(([, device]) => deviceNote(device)),
  ];
}
