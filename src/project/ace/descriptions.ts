import { ZoneDescription } from '../../policy/zones.ts';
import { flagIn, invalid, listIn, numberIn, numbersIn, type PolicyLines } from './lines.ts';
import { type AceNote, aceNote } from './notes.ts';

/** How a zone was known. */
export interface Described {
  /** What of that Lazaret looks at; undefined where that is nothing. */
  when: ZoneDescription | undefined;
  /** What it does not look at. */
  unlooked: string[];
}

/** The criteria of a zone that Lazaret has too, as the file calls them (ACE 1.0 p. 237; D15). */
const CRITERIA = ['gateways', 'dnsServers', 'subnets', 'dnsNames'] as const;
const UNLOOKED: readonly [key: string, what: string][] = [
  ['winsServers', 'WINS servers'],
  ['dhcpServers', 'DHCP servers'],
];
const BEFORE = 'zoneDescription';
/** The settings of a description, behind its number. */
export const DESCRIPTION_KEYS = [
  ...['present', 'key', 'name', 'minDnsServersToMatch', 'minWinsServersToMatch'],
  ...CRITERIA,
  ...UNLOOKED.map(([key]) => key),
];

/** The zones that a file describes, by their names. @throws IMPORT_INVALID */
export function descriptionsIn(lines: PolicyLines): { described: Map<string, Described>; notes: AceNote[] } {
  const described = new Map<string, Described>();
  const notes: AceNote[] = [];
  for (const number of numbersIn(lines, BEFORE)) {
    const at = `${BEFORE}.${number}`;
    if (!isPresent(lines, at, number)) {
      notes.push(aceNote('zone-off', { zone: at }, { file: lines.name }));
      continue;
    }
    const name = lines.settings.get(`${at}.name`.toLowerCase());
    if (name === undefined || name.value.trim() === '') throw nameless(lines, at);
    if (described.has(name.value)) throw invalid(lines, name, `names a zone again: ${JSON.stringify(name.value)}`);
    described.set(name.value, { when: whenOf(lines, at), unlooked: unlookedOf(lines, at) });
  }
  return { described, notes };
}

/** Whether what stands behind a number is there for VMware ACE; its key is the number once more. @throws IMPORT_INVALID */
export function isPresent(lines: PolicyLines, at: string, number: number): boolean {
  const key = lines.settings.get(`${at}.key`.toLowerCase());
  if (key !== undefined && key.value !== String(number)) throw invalid(lines, key, `is not "${number}"`);
  return flagIn(lines, `${at}.present`) === true;
}

function nameless(lines: PolicyLines, at: string) {
  const [, first = { key: at, value: '', line: 1 }] =
    [...lines.settings].find(([key]) => key.startsWith(`${at.toLowerCase()}.`)) ?? [];
  return invalid(lines, first, `describes a zone that has no name: ${at}.name is missing`);
}

function whenOf(lines: PolicyLines, at: string): ZoneDescription | undefined {
  const found: Record<string, unknown> = {};
  for (const criterion of CRITERIA) {
    const members = listIn(lines, `${at}.${criterion}`);
    if (members.length > 0)
      found[criterion] = criterion === 'dnsNames' ? members.map((name) => name.toLowerCase()) : members;
    requireFit(lines, `${at}.${criterion}`, { [criterion]: found[criterion] });
  }
  const least = numberIn(lines, `${at}.minDnsServersToMatch`) ?? 0;
  if (least > 1) found['minDnsServersToMatch'] = least;
  if (Object.keys(found).length === 0) return undefined;
  requireFit(lines, `${at}.minDnsServersToMatch`, found);
  return ZoneDescription.parse(found);
}

/** @throws IMPORT_INVALID where Lazaret could not have this criterion either */
function requireFit(lines: PolicyLines, key: string, found: Record<string, unknown>): void {
  const setting = lines.settings.get(key.toLowerCase());
  if (setting === undefined || Object.values(found).every((value) => value === undefined)) return;
  const issue = ZoneDescription.safeParse(found).error?.issues[0];
  if (issue) throw invalid(lines, setting, issue.message);
}

function unlookedOf(lines: PolicyLines, at: string): string[] {
  numberIn(lines, `${at}.minWinsServersToMatch`);
  return UNLOOKED.filter(([key]) => listIn(lines, `${at}.${key}`).length > 0).map(([, what]) => what);
}
