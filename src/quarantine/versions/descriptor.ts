import { type Quarantine, sameDescriptor, type Version } from '../../policy/quarantine.ts';
import { standingOf } from './standing.ts';
import { placeOf } from './versions.ts';

export const MAX_DESCRIPTOR_CHARACTERS = 1024;

/** What the host says to a descriptor that a guest reports with `nq-set`. */
export type Judgement =
  | { valid: true; descriptor: string; version: Version }
  | { valid: false; reason: string; due?: Version };

/**
 * Judges a reported descriptor (ACE 1.0 pp. 146-148; D5, D6, D7): valid are the current version again and the next
 * one in order, and a cumulative one from any earlier version. A machine that never reported may begin with the first version, in preview with any.
 */
export function judge(
  quarantine: Quarantine,
  reported: string | undefined,
  offered: string,
  preview: boolean,
): Judgement {
  if (quarantine.type !== 'version-based') return refuse('this machine has no version-based quarantine');
  const current = standingOf(quarantine, reported);
  const { due } = current;
  const place = placeOf(quarantine, offered);
  const version = quarantine.versions[place];
  if (!version) return refuse(`${shown(offered)} is not a version of this machine`, due);
  if (version.removed) return refuse(`the version ${version.name} was removed`, due);
  const valid = { valid: true, descriptor: version.descriptor, version } as const;
  if (place === current.place || version === due) return valid;
  if (version.cumulative && place > current.place) return valid;
  if (preview && reported === undefined) return valid;
  const why = place < current.place ? 'older than this machine’s' : 'not the next in order';
  return refuse(`the version ${version.name} is ${why}`, due);
}

function refuse(reason: string, due?: Version): Judgement {
  if (!due) return { valid: false, reason };
  return {
    valid: false,
    reason: `${reason}; next is ${due.name}: apply its update, then run nq-set ${due.descriptor}`,
    due,
  };
}

function shown(text: string): string {
  return text.length <= 40 ? text : `${text.slice(0, 40)}…`;
}

/** A descriptor of 32 random bits that none of these versions has or had (D8). */
export function newDescriptor(taken: readonly Version[], randomBits: () => number): string {
  for (;;) {
    const descriptor = `0x${(randomBits() >>> 0).toString(16).toUpperCase().padStart(8, '0')}`;
    if (!taken.some((version) => sameDescriptor(version.descriptor, descriptor))) return descriptor;
  }
}

/** The lines an updater in the guest runs after this version’s update (ACE 1.0 p. 147; quoting as in D38). */
export function nqSetCommands({ descriptor }: Version): { linux: string; windows: string } {
  return {
    linux: `/usr/sbin/vmware-guestd --cmd "nq-set ${descriptor}"`,
    windows: `"C:\\Program Files\\vmware\\vmware tools\\vmwareservice" -cmd "nq-set ${descriptor}"`,
  };
}
