import { parseEntry } from '../../policy/parts/access-entry.ts';
import { type ZoneDescription, ZoneName } from '../../policy/zones.ts';
import { type Described, isPresent } from './descriptions.ts';
import { flagIn, invalid, listIn, numbersIn, type PolicyLines } from './lines.ts';
import { type AceNote, aceNote } from './notes.ts';

/** Whose network a zone restricts: the computer’s, or a machine’s (ACE 1.0 pp. 235-239). */
export type Scope = 'host' | 'guest';

/** What may be reached in a zone, or where none fits. */
export interface AceAccess {
  /** Only the entries are reached; else all but these. */
  isBlocked: boolean;
  entries: string[];
  /** Entries that Lazaret cannot have. */
  lost: { entry: string; why: string }[];
  /** Traffic that passes whatever is listed, and traffic that was held to the list. */
  free: string[];
  held: string[];
  file: string;
  line: number;
}

export interface AceZone extends AceAccess {
  name: string;
  /** How Lazaret can know it; undefined where it cannot. */
  when: ZoneDescription | undefined;
}

const TRAFFIC = ['ARP', 'DHCP', 'DNS', 'ICMP'] as const;
const ACCESS_KEYS = ['blockIPv4', 'exceptions.IPv4', ...TRAFFIC.map((what) => `restrict${what}`)];
/** The settings of a zone, behind its number. */
export const ZONE_KEYS = ['present', 'key', 'descriptionName', ...ACCESS_KEYS];
/** Those of what holds where no zone fits. */
export const DEFAULT_KEYS = ACCESS_KEYS;

/** The zones of a file in their order, and what holds where none fits. @throws IMPORT_INVALID */
export function zonesIn(
  lines: PolicyLines,
  scope: Scope,
  described: ReadonlyMap<string, Described>,
): { zones: AceZone[]; otherwise?: AceAccess; notes: AceNote[] } {
  const zones: AceZone[] = [];
  const notes: AceNote[] = [];
  for (const number of numbersIn(lines, `${scope}.zone`)) {
    const at = `${scope}.zone.${number}`;
    const read = isPresent(lines, at, number) ? zoneAt(lines, at, described) : undefined;
    if (read === undefined) {
      notes.push(aceNote('zone-off', { zone: at }, { file: lines.name }));
      continue;
    }
    notes.push(...read.notes);
    const { name, file, line } = read.zone;
    if (zones.some((zone) => zone.name === name)) notes.push(aceNote('zone-again', { zone: name }, { file, line }));
    else zones.push(read.zone);
  }
  const otherwise = DEFAULT_KEYS.some((key) => lines.settings.has(`${scope}.default.${key}`.toLowerCase()));
  return { zones, notes, ...(otherwise ? { otherwise: accessAt(lines, `${scope}.default`) } : {}) };
}

function zoneAt(lines: PolicyLines, at: string, described: ReadonlyMap<string, Described>) {
  const named = lines.settings.get(`${at}.descriptionName`.toLowerCase());
  const head = lines.settings.get(`${at}.present`.toLowerCase());
  if (named === undefined || named.value.trim() === '')
    throw invalid(
      lines,
      head ?? { key: at, value: '', line: 1 },
      `has no description: ${at}.descriptionName is missing`,
    );
  const found = described.get(named.value);
  const access = accessAt(lines, at);
  const where = { file: lines.name, line: named.line };
  const name = zoneName(named.value, at);
  const notes = [
    ...(name === named.value ? [] : [aceNote('zone-name', { from: named.value, to: name }, where)]),
    ...(found?.when && found.unlooked.length > 0
      ? [aceNote('zone-wider', { zone: name, what: found.unlooked.join(' and ') }, where)]
      : []),
  ];
  return { zone: { name, when: found?.when, ...access, ...where }, notes };
}

/** A name that zones can have in Lazaret. */
function zoneName(name: string, at: string): string {
  const plain = name
    .replace(/[^\p{L}\p{N} ._-]+/gu, '-')
    .replace(/^[^\p{L}\p{N}]+/u, '')
    .slice(0, 100);
  return ZoneName.safeParse(plain).success ? plain : `zone ${at.split('.').at(-1)}`;
}

function accessAt(lines: PolicyLines, at: string): AceAccess {
  const read = listIn(lines, `${at}.exceptions.IPv4`).map(readEntry);
  const restricted = TRAFFIC.map((what) => [what, flagIn(lines, `${at}.restrict${what}`)] as const);
  return {
    isBlocked: flagIn(lines, `${at}.blockIPv4`) ?? false,
    entries: read.flatMap((entry) => ('why' in entry ? [] : [entry.entry])),
    lost: read.flatMap((entry) => ('why' in entry ? [entry] : [])),
    free: restricted.filter(([, is]) => is === false).map(([what]) => what),
    held: restricted.filter(([, is]) => is === true).map(([what]) => what),
    file: lines.name,
    line: lines.settings.get(`${at}.exceptions.IPv4`.toLowerCase())?.line ?? 1,
  };
}

/** An address or a name with what is around it: `10.1.2.3/24` stands for all of 10.1.2.0/24. */
function readEntry(text: string): { entry: string } | { entry: string; why: string } {
  const [, address = '', bits = ''] = /^(\d{1,3}(?:\.\d{1,3}){3})\/(\d{1,2})$/.exec(text) ?? [];
  const entry = address === '' ? text : `${networkOf(address, Number(bits)) ?? address}/${bits}`;
  const parsed = parseEntry(entry);
  if (typeof parsed === 'string') return { entry: text, why: parsed };
  // The manual knows addresses and names here, and no protocols.
  return /\s/.test(entry) ? { entry: text, why: 'has more than an address or a name' } : { entry };
}

function networkOf(address: string, bits: number): string | undefined {
  const numbers = address.split('.').map(Number);
  if (numbers.some((number) => number > 255)) return undefined;
  return numbers.map((number, index) => number & (0xff00 >> Math.min(8, Math.max(0, bits - index * 8)))).join('.');
}
