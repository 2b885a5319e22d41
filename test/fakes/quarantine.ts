import { AccessSection } from '../../src/policy/parts/access-section.ts';
import { VersionQuarantine } from '../../src/policy/quarantine.ts';

export const V1 = '0x00000001';
export const V2 = '0x7B4C2902';
export const V3 = '0xFA542D3F';

/** A list of a quarantine with these entries. */
export function listed(...entries: readonly string[]): AccessSection {
  return AccessSection.parse({ entries });
}

/** A version-based quarantine with three versions, threshold at the second; fields as in policy.yaml replace its own, and undefined removes one. */
export function threeVersions(change: Record<string, unknown> = {}): VersionQuarantine {
  const fields = {
    type: 'version-based',
    normal: { entries: ['10.0.0.0/8'] },
    restricted: { entries: ['10.0.0.5 tcp 80'] },
    versions: [
      { name: 'first', descriptor: V1 },
      { name: 'second', descriptor: V2 },
      { name: 'third', descriptor: V3 },
    ],
    threshold: 'second',
    messages: { restricted: 'please update', updateAvailable: 'there is an update' },
    ...change,
  };
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  return VersionQuarantine.parse(Object.fromEntries(given));
}
