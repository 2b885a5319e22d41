import type { AceNoteCode } from '../../lib/import-notes.ts';
import { clean } from '../foreign/notes.ts';

type Parts = Readonly<Record<string, string | number>>;

/** What of a VMware ACE project is not carried over, or otherwise, and what that means. */
const TEXTS: Record<AceNoteCode, (parts: Parts) => string> = {
  identity: () =>
    'the project gets keys of its own: packages of VMware ACE cannot be updated from it, and users install its first one anew',
  secrets: () => 'passwords, the recovery key and whatever is encrypted are not taken: they are chosen or made anew',
  'project-file': ({ file }) => `of ${file} the name alone is taken: what such files hold is not documented`,
  'not-understood': ({ key }) => `${key} is not understood, and not taken`,
  'project-policies': () =>
    'hot fixes, administrator access, power commands, window, preferences, exit behaviour and domain are as in a new project: what VMware ACE had for them is not documented',
  'machine-policies': () =>
    'of its policies zones alone can be read: authentication, encryption, expiration, copy protection and devices are as for a new machine until you set them',
  'quarantine-closed': () =>
    'what it may reach cannot be read: it reaches nothing until you set its quarantine, `lazaret-manager nq wizard` asks for it',
  'static-list': () =>
    'its own list cannot be read: outside of its zones it reaches nothing until you set its quarantine',
  ipv6: () => 'rules for computers held for IPv4 alone, and hold for IPv6 too now',
  'zones-off': ({ what }) => `${what} is not "1": the zones there had no effect, and are not taken`,
  'zone-off': ({ zone }) => `${zone} is not present, and not taken`,
  'zone-name': ({ from, to }) => `the zone “${from}” is called “${to}” now`,
  'zone-lost': ({ zone, why }) => `the zone “${zone}” ${why}: what it restricts is not restricted there`,
  'zone-closed': ({ zone, why }) => `the zone “${zone}” ${why}: the machine reaches nothing there`,
  'zone-again': ({ zone }) => `the zone “${zone}” is there before, and this one never held`,
  'zone-wider': ({ zone, what }) =>
    `the zone “${zone}” is not known by its ${what} any more, which Lazaret does not look at: it fits more networks than it did`,
  'entry-open': ({ entry, zone, why }) =>
    `“${entry}” ${why}, and is not taken: in the zone “${zone}” it is not blocked`,
  'entry-closed': ({ entry, zone, why }) =>
    `“${entry}” ${why}, and is not taken: in the zone “${zone}” it is not reached`,
  'traffic-free': ({ what, zone }) => `${what} was restricted in the zone “${zone}”, and is not: Lazaret needs it`,
  resource: ({ file }) =>
    `${file} is not taken: plug-ins run on Linux, and which policy asked it cannot be read; what they are told and answer is the same (docs/plug-ins.md)`,
  left: ({ file }) => `${file} is not taken`,
  lock: ({ file }) =>
    `${file} says that a program has the machine open: it must be shut down, or its disk may not be whole`,
  suspended: ({ file }) =>
    `${file} is the memory of a suspended machine, and not taken: it boots, as after a power cut`,
  name: ({ from }) => `in VMware ACE it is called “${from}”`,
};

/** By these the new project restricts less than the old one did. */
const WEAKER: readonly AceNoteCode[] = ['machine-policies', 'zone-lost', 'zone-wider', 'entry-open', 'traffic-free'];

export interface AceNote {
  code: AceNoteCode;
  parts: Parts;
  text: string;
  /** Where it was found. */
  file?: string;
  line?: number;
  /** Something that was restricted is not any more. */
  isWeaker: boolean;
}

/** What files wrote is shown without control characters, and not at any length. */
export function aceNote(code: AceNoteCode, parts: Parts = {}, where: { file?: string; line?: number } = {}): AceNote {
  const shown = Object.fromEntries(
    Object.entries(parts).map(([key, value]) => [key, typeof value === 'string' ? clean(value) : value]),
  );
  return { code, parts: shown, text: TEXTS[code](shown), ...where, isWeaker: WEAKER.includes(code) };
}
