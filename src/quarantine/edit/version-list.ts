import { AppError } from '../../lib/errors.ts';
import type { AccessSection } from '../../policy/parts/access-section.ts';
import type { Quarantine, Threshold, Version, VersionQuarantine } from '../../policy/quarantine.ts';
import { graceEnd, placeOfThreshold } from '../decide.ts';
import { liveVersions } from '../versions/versions.ts';

/** The version-based quarantine of a policy. @throws POLICY_INVALID when the machine has another type */
export function versionBased(quarantine: Quarantine): VersionQuarantine {
  if (quarantine.type === 'version-based') return quarantine;
  throw new AppError('POLICY_INVALID', `the machine’s quarantine is ${quarantine.type}, not version-based`);
}

/** The version of that name. @throws VERSION_UNKNOWN */
export function versionNamed(quarantine: VersionQuarantine, name: string): Version {
  const version = liveVersions(quarantine).find((live) => live.name === name);
  if (!version) throw new AppError('VERSION_UNKNOWN', `there is no version ${name}`);
  return version;
}

/** The policy with one more version, the newest. @throws VERSION_EXISTS */
export function withVersion(quarantine: VersionQuarantine, version: Version): VersionQuarantine {
  if (liveVersions(quarantine).some(({ name }) => name === version.name)) {
    throw new AppError('VERSION_EXISTS', `there is a version ${version.name} already`);
  }
  return { ...quarantine, versions: [...quarantine.versions, version] };
}

/**
 * The policy with another name or description of a version, whose descriptor and place stay; an empty description is none.
 * @throws VERSION_UNKNOWN, VERSION_EXISTS
 */
export function withVersionChanged(
  quarantine: VersionQuarantine,
  name: string,
  change: { name?: string; description?: string },
): VersionQuarantine {
  const version = versionNamed(quarantine, name);
  const newName = change.name ?? name;
  if (newName !== name && liveVersions(quarantine).some((live) => live.name === newName))
    throw new AppError('VERSION_EXISTS', `there is a version ${newName} already`);
  const { description: _before, ...rest } = version;
  const description = change.description ?? version.description ?? '';
  const changed: Version = { ...rest, name: newName, ...(description === '' ? {} : { description }) };
  return {
    ...quarantine,
    versions: quarantine.versions.map((kept) => (kept === version ? changed : kept)),
    ...(quarantine.threshold === name ? { threshold: newName } : {}),
    ...(quarantine.thresholdBefore === name ? { thresholdBefore: newName } : {}),
    ...(quarantine.initial === name ? { initial: newName } : {}),
  };
}

/** The policy under which every version has normal access. */
export function withoutThreshold(quarantine: VersionQuarantine): VersionQuarantine {
  const { threshold: _name, thresholdAt: _when, thresholdBefore: _before, ...without } = quarantine;
  return without;
}

/** The policy without a version, whose mark stays so that its descriptor is never used again (D7). @throws VERSION_UNKNOWN, VERSION_NEEDED */
export function withoutVersion(quarantine: VersionQuarantine, name: string): VersionQuarantine {
  const version = versionNamed(quarantine, name);
  if (quarantine.threshold === name)
    throw new AppError('VERSION_NEEDED', `the threshold stands at the version ${name}`);
  if (quarantine.initial === name)
    throw new AppError('VERSION_NEEDED', `machines that never reported count as the version ${name}`);
  const mark: Version = { ...version, removed: true };
  // Of those that are left, the next one is the lowest that had normal access.
  const next = liveVersions(quarantine)[liveVersions(quarantine).indexOf(version) + 1]?.name ?? quarantine.threshold;
  const isBefore = quarantine.thresholdBefore === name && next !== undefined;
  return {
    ...quarantine,
    versions: quarantine.versions.map((kept) => (kept === version ? mark : kept)),
    ...(isBefore ? { thresholdBefore: next } : {}),
  };
}

/**
 * The policy under which this version and newer ones have normal access, or with null none. It remembers which had it before,
 * those in a time of grace too: no other gets it back by a new one. @throws VERSION_UNKNOWN
 */
export function withThreshold(quarantine: VersionQuarantine, name: Threshold, now: number): VersionQuarantine {
  const threshold = name === null ? null : versionNamed(quarantine, name).name;
  // Saying the same again does not begin the time of grace anew.
  if (threshold === quarantine.threshold) return quarantine;
  const { thresholdBefore: _before, ...rest } = quarantine;
  const isInGrace = now < (graceEnd(quarantine) ?? now);
  const before = isInGrace ? lowerOf(quarantine) : quarantine.threshold;
  return {
    ...rest,
    ...{ threshold, thresholdAt: new Date(now).toISOString() },
    ...(before === undefined ? {} : { thresholdBefore: before }),
  };
}

function lowerOf(quarantine: VersionQuarantine): Threshold | undefined {
  const { threshold, thresholdBefore } = quarantine;
  const isLower = placeOfThreshold(quarantine, thresholdBefore) < placeOfThreshold(quarantine, threshold);
  return isLower ? thresholdBefore : threshold;
}

/** Each with what it is called, and how many there are where that matters. */
const LOST: readonly [field: string, text: (value: unknown) => string][] = [
  ['versions', (versions) => `${counted(versions, 'version')} with their descriptors`],
  ['threshold', (name) => `the threshold ${name ?? 'above all versions'}`],
  ['grace', () => 'the time of grace'],
  ['initial', () => 'the version of machines that never reported'],
  ['versionFrom', () => 'which origin of a version is enough'],
  ['signers', (signers) => counted(signers, 'signer')],
  ['restrictedMessage', () => 'the message of restricted access'],
  ['updateMessage', () => 'the message about updates'],
  ['normal', (list) => `the list of normal access (${entriesOf(list)})`],
  ['restricted', (list) => `the list of restricted access (${entriesOf(list)})`],
  ['zones', (zones) => counted(zones, 'zone')],
  ['script', () => 'the plug-in and its arguments'],
];

/**
 * What of a quarantine is gone when it becomes another type, in words; nothing where the type stays, because then it was
 * named what becomes of it. A new version never gets the descriptor of a lost one, so guests would have to report anew.
 */
export function lostByType(before: Quarantine, after: Quarantine): string[] {
  if (before.type === after.type) return [];
  const [had, has] = [settingsOf(before), settingsOf(after)];
  return LOST.filter(([field]) => isSaid(had[field]) && !isSaid(has[field])).map(([field, text]) => text(had[field]));
}

function settingsOf(quarantine: Quarantine): Record<string, unknown> {
  const { restricted, updateAvailable } = versionMessages(quarantine);
  return { ...quarantine, restrictedMessage: restricted, updateMessage: updateAvailable };
}

function versionMessages(quarantine: Quarantine): VersionQuarantine['messages'] {
  return 'messages' in quarantine ? quarantine.messages : {};
}

/** Whether a setting holds anything: an empty list and no messages do not. */
function isSaid(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value !== 'object' || value === null || !('entries' in value)) return value !== undefined;
  return isSaid(value.entries) || isSaid((value as AccessSection).exceptions);
}

function counted(list: unknown, what: string): string {
  const count = Array.isArray(list) ? list.length : 1;
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function entriesOf(list: unknown): string {
  return counted((list as AccessSection).entries, 'entry').replace(/entrys$/, 'entries');
}
