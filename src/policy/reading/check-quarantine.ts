import { isLookedUp, type Quarantine, sameDescriptor } from '../quarantine.ts';
import type { Problem } from './problem.ts';

/** What the schema cannot see: two versions with one name or descriptor, a threshold that names no version. */
export function checkQuarantine({ quarantine }: { quarantine: Quarantine }): Problem[] {
  return [...checkVersions(quarantine), ...checkPlugin(quarantine), ...checkZones(quarantine)];
}

/** A type with one list has nothing that a zone’s list for restricted access could replace. */
function checkZones(quarantine: Quarantine): Problem[] {
  if (quarantine.type !== 'static' && quarantine.type !== 'dynamic') return [];
  return (quarantine.zones ?? []).flatMap(({ restricted }, index) =>
    restricted
      ? [
          {
            path: ['quarantine', 'zones', index, 'restricted'],
            message: `is for quarantines with two lists, not for ${quarantine.type}`,
          },
        ]
      : [],
  );
}

/** A setting that nothing would enforce. */
function checkPlugin(quarantine: Quarantine): Problem[] {
  const isIdle = quarantine.type === 'custom' && quarantine.maxOffline !== undefined && !isLookedUp(quarantine);
  return isIdle ? [{ path: ['quarantine', 'maxOffline'], message: 'is for policies with onUnreachable' }] : [];
}

function checkVersions(quarantine: Quarantine): Problem[] {
  if (quarantine.type !== 'version-based') return [];
  const problems: Problem[] = [];
  const { versions, threshold, initial, versionFrom, signers = [] } = quarantine;
  for (const [index, version] of versions.entries()) {
    const before = versions.slice(0, index);
    const at = ['quarantine', 'versions', index];
    const twin = before.find(({ descriptor }) => sameDescriptor(descriptor, version.descriptor));
    if (twin) problems.push({ path: [...at, 'descriptor'], message: `is also the descriptor of ${twin.name}` });
    const isLive = version.removed !== true;
    if (isLive && before.some(({ name, removed }) => !removed && name === version.name)) {
      problems.push({ path: [...at, 'name'], message: `is the name of another version: ${version.name}` });
    }
  }
  for (const [field, named] of Object.entries({ threshold, initial }))
    if (typeof named === 'string' && !versions.some(({ name, removed }) => name === named && !removed))
      problems.push({ path: ['quarantine', field], message: `names no version: ${named}` });
  if (versionFrom === 'signed' && signers.length === 0)
    problems.push({ path: ['quarantine', 'signers'], message: 'must name a key, because versions must be signed' });
  return problems;
}
