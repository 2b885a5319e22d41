import type { Version, VersionQuarantine } from '../../policy/quarantine.ts';
import { liveVersions } from '../versions/versions.ts';
import type { DraftThreshold } from './version-draft.ts';

/**
 * The red line of VMware ACE’s slider (ACE 1.0 p. 143) as a number: how many versions stand above it and have normal access.
 * 0 is above all of them.
 */
export function lineOf(quarantine: VersionQuarantine): number {
  const versions = liveVersions(quarantine);
  const { threshold } = quarantine;
  if (threshold === undefined) return versions.length;
  const place = versions.findIndex(({ name }) => name === threshold);
  return place < 0 ? 0 : versions.length - place;
}

/** Where the threshold stands for a line among these versions, oldest first. */
export function thresholdAt(versions: readonly Version[], line: number): DraftThreshold {
  if (line <= 0) return { at: 'above-all' };
  const version = versions[versions.length - line];
  return version === undefined || line >= versions.length ? { at: 'below-all' } : { at: version.descriptor };
}
