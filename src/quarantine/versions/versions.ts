import { type Quarantine, sameDescriptor, type Version, type VersionQuarantine } from '../../policy/quarantine.ts';

/** The versions that have not been removed, oldest first. */
export function liveVersions(quarantine: VersionQuarantine): Version[] {
  return quarantine.versions.filter((version) => version.removed !== true);
}

/** The newest version, or undefined when none is defined. */
export function newestVersion(quarantine: VersionQuarantine): Version | undefined {
  return liveVersions(quarantine).at(-1);
}

/** Place of a descriptor in the order of definition, or -1: unset or unknown, which is older than all. */
export function placeOf(quarantine: VersionQuarantine, descriptor: string | undefined): number {
  return quarantine.versions.findIndex((version) => sameDescriptor(version.descriptor, descriptor));
}

/**
 * The descriptor that somebody means who writes a descriptor or a version’s name; undefined when it is neither. Of a quarantine
 * without versions every text is one.
 */
export function descriptorMeant(quarantine: Quarantine, text: string): string | undefined {
  if (quarantine.type !== 'version-based' || /^0x[0-9a-f]{8}$/i.test(text)) return text;
  return liveVersions(quarantine).find(({ name }) => name === text)?.descriptor;
}
