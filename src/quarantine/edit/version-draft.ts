import type { Threshold, Version, VersionQuarantine } from '../../policy/quarantine.ts';
import { withoutThreshold, withoutVersion, withThreshold, withVersion, withVersionChanged } from './version-list.ts';

/**
 * What somebody wants of a list of versions, before it is saved. Versions are told by their descriptors, which never change.
 */
export interface VersionDraft {
  /** In the order of their definition. */
  added: readonly Version[];
  /** Other names and descriptions; an empty description is none. */
  changed: readonly { descriptor: string; name: string; description: string }[];
  removed: readonly string[];
  /** Where the threshold goes; it stays where this is absent. */
  threshold?: DraftThreshold;
}

/** At a version, above all of them, or below. */
export type DraftThreshold = { at: string } | { at: 'above-all' | 'below-all' };

export const NO_DRAFT: VersionDraft = { added: [], changed: [], removed: [] };

/**
 * The quarantine that a draft makes of one: first there are the new versions and names, then the threshold moves, then versions go.
 * @throws VERSION_EXISTS, VERSION_UNKNOWN, VERSION_NEEDED
 */
export function withDraft(
  quarantine: VersionQuarantine,
  { added, changed, removed, threshold }: VersionDraft,
  now: number,
): VersionQuarantine {
  const withNew = added.reduce(withVersion, quarantine);
  const renamed = changed.reduce(
    (before, { descriptor, ...change }) => withVersionChanged(before, nameOf(before, descriptor), change),
    withNew,
  );
  const moved = threshold === undefined ? renamed : withThresholdAt(renamed, threshold, now);
  return removed.reduce((before, descriptor) => withoutVersion(before, nameOf(before, descriptor)), moved);
}

function withThresholdAt(quarantine: VersionQuarantine, { at }: DraftThreshold, now: number): VersionQuarantine {
  if (at === 'below-all') return withoutThreshold(quarantine);
  const name: Threshold = at === 'above-all' ? null : nameOf(quarantine, at);
  return withThreshold(quarantine, name, now);
}

/** What the version of a descriptor is called; the descriptor itself where there is none, which is no version’s name. */
function nameOf(quarantine: VersionQuarantine, descriptor: string): string {
  return (
    quarantine.versions.find((version) => version.descriptor === descriptor && !version.removed)?.name ?? descriptor
  );
}

/** A draft with one more version, the newest. */
export function adding(draft: VersionDraft, version: Version): VersionDraft {
  return { ...draft, added: [...draft.added, version] };
}

/** A draft in which a version has another name or description. */
export function changing(
  draft: VersionDraft,
  descriptor: string,
  change: { name: string; description: string },
): VersionDraft {
  const others = draft.changed.filter((changed) => changed.descriptor !== descriptor);
  return { ...draft, changed: [...others, { descriptor, ...change }] };
}

/** A draft without a version. One that the draft itself has added leaves nothing: nobody was told its descriptor. */
export function removing(draft: VersionDraft, descriptor: string): VersionDraft {
  const isOther = (version: { descriptor: string }) => version.descriptor !== descriptor;
  const isNew = !draft.added.every(isOther);
  return {
    ...draft,
    added: draft.added.filter(isOther),
    changed: draft.changed.filter(isOther),
    removed: isNew ? draft.removed : [...draft.removed, descriptor],
  };
}

/** Whether a draft says anything. */
export function isDrafted({ added, changed, removed, threshold }: VersionDraft): boolean {
  return added.length + changed.length + removed.length > 0 || threshold !== undefined;
}
