import { type Quarantine, sameDescriptor } from '../../policy/quarantine.ts';

/**
 * An earlier quarantine as it may stand again: versions that were defined since stay as marks, so that their descriptors are
 * never used again.
 */
export function backTo(earlier: Quarantine, now: Quarantine): Quarantine {
  if (earlier.type !== 'version-based' || now.type !== 'version-based') return earlier;
  const isIn = (descriptor: string) =>
    earlier.versions.some((version) => sameDescriptor(version.descriptor, descriptor));
  const since = now.versions.filter(({ descriptor }) => !isIn(descriptor));
  const marks = since.map((version) => ({ ...version, removed: true as const }));
  return { ...earlier, versions: [...earlier.versions, ...marks] };
}
