import type { AsJson } from '../lib/json.ts';
import type { HostAccess, HostPolicy } from '../policy/host.ts';
import { formatEntry, parseEntry } from '../policy/parts/access-entry.ts';
import { type ZoneDescription, zoneCriteria } from '../policy/zones.ts';

/**
 * A host policy for whoever is asked to consent to it, zone by zone, as it comes from a service: its entries are text. They are
 * shown written the one way there is.
 */
export function hostPolicyText({ zones, default: otherwise }: AsJson<HostPolicy>): string {
  const inZones = zones.map(({ name, when, ...access }) => `${accessText(`In zone ${name}`, access)}${whenText(when)}`);
  const elsewhere = zones.length > 0 ? 'On any other network' : 'On any network';
  const rest = otherwise ? accessText(elsewhere, otherwise) : `${elsewhere} this computer stays free.`;
  return [...inZones, rest].join('\n');
}

function accessText(where: string, { mode, entries }: AsJson<HostAccess>): string {
  const listed = entries.map((text) => `\n  ${written(text)}`).join('');
  if (mode === 'whitelist' && entries.length === 0) return `${where} this computer itself could reach nothing.`;
  if (mode === 'whitelist') return `${where} this computer itself could reach nothing but${listed}`;
  return entries.length === 0
    ? `${where} this computer stays free.`
    : `${where} this computer itself could no longer reach${listed}`;
}

function whenText(when: ZoneDescription): string {
  const criteria = zoneCriteria(when).map(([what, members]) => `${what} ${members.join(' or ')}`);
  return `\n  (this is a network with ${criteria.join(', and ')})`;
}

function written(text: string): string {
  const entry = parseEntry(text);
  return typeof entry === 'string' ? JSON.stringify(text) : formatEntry(entry);
}
