import type { ForeignPlanAnswer } from '../../../api/manager/jobs.ts';
import type { ImportDevice, ImportNoteCode } from '../../../lib/import-notes.ts';
import type { Language } from '../../ui/texts/texts.ts';

type Note = ForeignPlanAnswer['notes'][number];

const DEVICES_DE: Record<ImportDevice, string> = {
  sound: 'eine Soundkarte',
  floppy: 'ein Diskettenlaufwerk',
  serial: 'eine eigene serielle Schnittstelle',
  parallel: 'eine parallele Schnittstelle',
  tape: 'ein Bandlaufwerk',
  '3d': '3D-Grafik',
  'passed-through': 'ein Gerät ihres Computers',
  'shared-folders': 'gemeinsame Ordner',
};

/** What is not taken over, auf Deutsch: a code without its text does not compile. */
const NOTES_DE: Record<ImportNoteCode, (parts: Note['parts']) => string> = {
  unclosed: ({ file }) =>
    `ihre Platte ${file} wurde nicht geschlossen: was ihr Protokoll noch zu schreiben hat, wird in eine Kopie geschrieben, und die Platte selbst bleibt, wie sie ist`,
  'disk-left': ({ file }) =>
    `ihre Platte ${file} wird nicht übernommen: Pakete geben eine Systemplatte weiter; --disk nimmt eine andere, eine Datenplatte gibt Benutzern eine leere`,
  'disk-empty': ({ file }) =>
    `ihre Platte ${file} ist leer und wird nicht übernommen; eine Datenplatte gibt Benutzern eine`,
  snapshots: () => 'ihre Snapshots werden nicht übernommen: sie beginnt mit ihrem jetzigen Zustand',
  suspended: () =>
    'sie war angehalten, und ihr Speicher wird nicht übernommen: sie startet neu, wie nach einem Stromausfall',
  address: () => 'ihre Netzadresse (MAC) wird nicht übernommen: jede Kopie bekommt eine eigene',
  cards: ({ count }) =>
    `sie hatte ${count} Netzkarten und bekommt eine, wie jede Maschine; eine weitere durch „vm device add NAME lan --kind network --network nat“`,
  bus: ({ bus }) =>
    `ihre Platte hing an ${bus} und hängt jetzt an virtio: Linux hat Treiber dafür; für andere gibt es „--hardware compatible“`,
  'bus-sata': ({ bus }) =>
    `ihre Platte hing an ${bus} und hängt jetzt an SATA: startet Windows nicht, muss es vorher seinen AHCI-Treiber laden`,
  device: ({ device }) => `sie hatte ${DEVICES_DE[device as ImportDevice]}; das bekommt sie nicht`,
  'device-later': ({ device }) =>
    `sie hatte ${DEVICES_DE[device as ImportDevice]}; von selbst bekommt sie das nicht, aber durch „vm device add NAME ${device} --kind ${device}“`,
  tpm: () =>
    'sie hatte ein TPM und bekommt ein neues TPM 2.0, wie jede Kopie: was nur das alte öffnet, etwa BitLocker, braucht seinen Wiederherstellungsschlüssel',
  'secure-boot': () =>
    'Secure Boot kennt nur die Schlüssel von Microsoft: was mit anderen signiert ist, startet nicht, solange `vm set --no-secure-boot` es nicht ausschaltet',
  'firmware-settings': () =>
    'die Einstellungen ihrer Firmware werden nicht übernommen: sie startet, was ihre Platte anbietet, wie ein neuer Computer',
  memory: ({ from, to }) => `sie hatte ${from} MiB Speicher und bekommt ${to}`,
  cpus: ({ from, to }) => `sie hatte ${from} Prozessoren und bekommt ${to}`,
  'manifest-missing': () => 'sie hat kein Manifest: ob sie ganz angekommen ist, lässt sich nicht prüfen',
  signer: ({ signer }) => `unterschrieben hat sie ${signer}; ob das der ist, der es sagt, hat niemand geprüft`,
  'not-understood': ({ item }) => `${item} wird nicht verstanden und nicht übernommen`,
};

/** What is not taken over, in a language. */
export function foreignNoteText({ code, text, parts }: Note, language: Language): string {
  return language === 'de' && Object.hasOwn(NOTES_DE, code) ? NOTES_DE[code](parts) : text;
}
