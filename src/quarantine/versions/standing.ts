import type { Version, VersionOrigin, VersionQuarantine } from '../../policy/quarantine.ts';
import { isTrusted } from './origin.ts';
import { placeOf } from './versions.ts';

/** Where a machine stands among the versions of its policy, and whether the policy believes it. */
export interface Standing {
  /** What it counts as: the descriptor that it reported, or that of the initial version. */
  descriptor: string | undefined;
  /** In the order of definition; -1 where it is unset or unknown, which is older than all. */
  place: number;
  /** The version at that place, removed or not. */
  version: Version | undefined;
  /** The first version that is still defined and newer: the one an updater applies next. */
  due: Version | undefined;
  /** Whether the policy takes the word that it comes from. What a machine counts as that never reported is the policy’s own. */
  isTrusted: boolean;
}

/** Judges once what a machine reported, and whose word that is under the policy. */
export function standingOf(
  quarantine: VersionQuarantine,
  reported: string | undefined,
  origin: VersionOrigin = 'guest',
): Standing {
  const { versions, initial } = quarantine;
  const descriptor = reported ?? versions.find(({ name, removed }) => name === initial && !removed)?.descriptor;
  const place = placeOf(quarantine, descriptor);
  return {
    ...{ descriptor, place, version: versions[place] },
    due: versions.slice(place + 1).find(({ removed }) => removed !== true),
    isTrusted: reported === undefined || isTrusted(quarantine, origin),
  };
}
