import { z } from 'zod';
import type { AccessEntry } from './parts/access-entry.ts';
import { writtenEntry } from './parts/access-section.ts';
import { ZoneDescription, ZoneName } from './zones.ts';

/** A person reads all of them before he consents. */
const MAX_ENTRIES = 500;
const MAX_ZONES = 32;

function problemOf({ pinned, protocol }: AccessEntry): string | undefined {
  if (pinned) return 'is pinned; only the lists of machines have pinned names';
  return protocol === 'icmp' ? 'names icmp, which is never restricted on the computer' : undefined;
}

/** What the computer itself may reach: whitelist: only the entries; blacklist: all but the entries (ACE 1.0 p. 239). */
const HostAccess = z.strictObject({
  mode: z.enum(['whitelist', 'blacklist']),
  entries: z.array(writtenEntry(problemOf)).max(MAX_ENTRIES).default([]),
});
export type HostAccess = z.infer<typeof HostAccess>;

const HostZone = HostAccess.extend({ name: ZoneName, when: ZoneDescription });

/**
 * The host policy of a project: what users' computers themselves may reach, by the network they are on. It holds where the
 * user has consented to exactly this. The first zone that fits wins; where none does, `default`; without one the
 * computer is free (ACE 1.0 pp. 238-239).
 */
export const HostPolicy = z
  .strictObject({
    zones: z
      .array(HostZone)
      .max(MAX_ZONES)
      .refine((zones) => new Set(zones.map(({ name }) => name)).size === zones.length, 'has a zone twice')
      .default([]),
    default: HostAccess.exactOptional(),
  })
  .refine((policy) => policy.zones.length > 0 || policy.default !== undefined, 'has neither a zone nor a default');
export type HostPolicy = z.infer<typeof HostPolicy>;
