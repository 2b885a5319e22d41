import type { ImportDevice, ImportNoteCode } from '../../lib/import-notes.ts';

type Parts = Readonly<Record<string, string | number>>;

/** What is not carried over, and what that means: in English, and by its code with what stands in its sentence. */
export interface ImportNote {
  code: ImportNoteCode;
  parts: Parts;
  text: string;
}

const DEVICES: Record<ImportDevice, string> = {
  sound: 'a sound card',
  floppy: 'a floppy drive',
  serial: 'a serial port of its own',
  parallel: 'a parallel port',
  tape: 'a tape drive',
  '3d': '3D graphics',
  'passed-through': 'a device of its computer',
  'shared-folders': 'shared folders',
};

const TEXTS: Record<ImportNoteCode, (parts: Parts) => string> = {
  unclosed: ({ file }) =>
    `its disk ${file} was not closed: what its log still has to write is written into a copy, and the disk itself stays as it is`,
  'disk-left': ({ file }) =>
    `its disk ${file} is not taken: packages hand out one system disk; --disk takes another one, --data-disk gives users an empty one`,
  'disk-empty': ({ file }) => `its disk ${file} is empty and not taken; --data-disk gives users one`,
  snapshots: () => 'its snapshots are not taken: it begins with its present state',
  suspended: () => 'it was suspended, and its memory is not taken: it boots, as after a power cut',
  address: () => 'its network address (MAC) is not taken: every copy gets one of its own',
  cards: ({ count }) =>
    `it had ${count} network cards and gets one, as every machine does: \`vm device add NAME lan --kind network --network nat\` gives it another`,
  bus: ({ bus }) =>
    `its disk was on ${bus} and is on virtio now: Linux has drivers for that; for others, \`--hardware compatible\``,
  'bus-sata': ({ bus }) =>
    `its disk was on ${bus} and is on SATA now: where Windows does not start, let it load its AHCI driver first`,
  device: ({ device }) => `it had ${DEVICES[device as ImportDevice]}, which it does not get`,
  'device-later': ({ device }) =>
    `it had ${DEVICES[device as ImportDevice]}, which it does not get by itself: \`vm device add NAME ${device} --kind ${device}\` gives it one`,
  tpm: () =>
    'it had a TPM and gets a new TPM 2.0, as every copy does: what only the old one opens, as BitLocker, needs its recovery key',
  'secure-boot': () =>
    'Secure Boot knows Microsoft’s keys alone: what another’s signed does not start, unless `vm set --no-secure-boot` turns it off',
  'firmware-settings': () =>
    'the settings of its firmware are not taken: it starts what its disk offers, as a new computer does',
  memory: ({ from, to }) => `it had ${from} MiB of memory and gets ${to}`,
  cpus: ({ from, to }) => `it had ${from} processors and gets ${to}`,
  'manifest-missing': () => 'it has no manifest: whether it came whole cannot be checked',
  signer: ({ signer }) => `it is signed by ${signer}, and whether that is who it says nobody has checked`,
  'not-understood': ({ item }) => `${item} is not understood, and not taken`,
};

/** Devices whose name is a kind of ours. */
const LATER: readonly ImportDevice[] = ['sound', 'serial', 'parallel'];

/** A device that it had and does not get. */
export function deviceNote(device: ImportDevice): ImportNote {
  return note(LATER.includes(device) ? 'device-later' : 'device', { device });
}

/** What a description wrote is shown without control characters, and not at any length. */
export function note(code: ImportNoteCode, parts: Parts = {}): ImportNote {
  const shown = Object.fromEntries(
    Object.entries(parts).map(([key, value]) => [key, typeof value === 'string' ? clean(value) : value]),
  );
  return { code, parts: shown, text: TEXTS[code](shown) };
}

/** Text of somebody else’s, as it may be shown. */
export function clean(text: string): string {
  const shown = text.replace(/[\p{Cc}\p{Cf}]/gu, '?');
  return shown.length > 120 ? `${shown.slice(0, 119)}…` : shown;
}
