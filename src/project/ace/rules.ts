import type { z } from 'zod';
import { AppError } from '../../lib/errors.ts';
import type { AceNoteCode } from '../../lib/import-notes.ts';
import { HostPolicy } from '../../policy/host.ts';
import { Quarantine } from '../../policy/quarantine.ts';
import { DESCRIPTION_KEYS, type Described, descriptionsIn } from './descriptions.ts';
import { flagIn, type PolicyLines } from './lines.ts';
import { type AceNote, aceNote } from './notes.ts';
import { type AceAccess, type AceZone, DEFAULT_KEYS, type Scope, ZONE_KEYS, zonesIn } from './zones.ts';

/** The zones of a project and what of its policies was not understood. */
interface Read {
  notes: AceNote[];
}

/** What a project’s `app.vmpl` says: the zones that it describes, and what computers may reach in them. @throws IMPORT_* */
export function readHostRules(
  lines: PolicyLines,
): { host?: HostPolicy; described: ReadonlyMap<string, Described> } & Read {
  const { described, notes } = descriptionsIn(lines);
  const unread = unreadOf(lines, 'host');
  const own = unread.length > 0 ? [aceNote('project-policies', {}, { file: lines.name })] : [];
  const { zones, otherwise, notes: more } = zonesIn(lines, 'host', described);
  const all = [...own, ...unread, ...notes, ...more];
  if (flagIn(lines, 'host.useZones') !== true) return { described, notes: [...all, ...offNotes(lines, 'host', zones)] };
  const host = {
    zones: zones.flatMap((zone) => (zone.when ? [{ name: zone.name, when: zone.when, ...hostAccess(zone) }] : [])),
    ...(otherwise ? { default: hostAccess(otherwise) } : {}),
  };
  for (const zone of zones) {
    all.push(...accessNotes(zone, zone.name));
    if (zone.when === undefined) all.push(lostNote('zone-lost', zone));
  }
  if (otherwise) all.push(...accessNotes(otherwise, 'default'));
  if (host.zones.length === 0 && !otherwise) return { described, notes: all };
  return { host: held(HostPolicy.safeParse(host), lines), described, notes: [...all, aceNote('ipv6')] };
}

function hostAccess({ isBlocked, entries }: AceAccess) {
  return { mode: isBlocked ? 'whitelist' : 'blacklist', entries };
}

/**
 * What a machine’s `.vmpl` says. Which quarantine it had is not documented: where anything in the file is not understood it may be
 * that, and the machine reaches nothing until somebody says what. Its zones go with one list, which is not documented either.
 * @throws IMPORT_*
 */
export function readGuestRules(
  lines: PolicyLines,
  ofProject: ReadonlyMap<string, Described>,
): { quarantine: Quarantine } & Read {
  const own = descriptionsIn(lines);
  const unread = unreadOf(lines, 'guest');
  const { zones, otherwise, notes: more } = zonesIn(lines, 'guest', new Map([...ofProject, ...own.described]));
  const all = [...unread, ...own.notes, ...more];
  if (unread.length > 0) all.unshift(aceNote('machine-policies', {}, { file: lines.name }));
  if (flagIn(lines, 'guest.useZones') !== true) {
    const notes = [...all, ...offNotes(lines, 'guest', zones)];
    if (unread.length === 0) return { quarantine: { type: 'none' }, notes };
    const closed = aceNote('quarantine-closed', {}, { file: lines.name });
    return { quarantine: { type: 'static', mode: 'whitelist', normal: NOTHING }, notes: [closed, ...notes] };
  }
  for (const zone of [...zones, ...(otherwise ? [{ ...otherwise, name: 'default', when: {} }] : [])]) {
    if (zone.when === undefined) all.push(lostNote(otherwise ? 'zone-lost' : 'zone-closed', zone));
    else if (isMixed(zone)) all.push(mixedNote(zone));
    else all.push(...accessNotes(zone, zone.name));
  }
  const quarantine = {
    ...{ type: 'static', mode: 'whitelist', normal: otherwise ? guestSection(otherwise) : NOTHING },
    zones: zones.flatMap(({ name, when, ...access }) => (when ? [{ name, when, normal: guestSection(access) }] : [])),
  };
  if (!otherwise) all.push(aceNote('static-list', {}, { file: lines.name }));
  return { quarantine: held(Quarantine.safeParse(quarantine), lines), notes: all };
}

const NOTHING = { entries: [], exceptions: [] };
const EVERYTHING = ['0.0.0.0/0'];

/** All lists of a machine are of one kind here; one that names what is closed cannot stand beside others. */
function isMixed({ isBlocked, entries, lost }: AceAccess): boolean {
  return !isBlocked && entries.length + lost.length > 0;
}

function guestSection(access: AceAccess) {
  if (!access.isBlocked) return isMixed(access) ? NOTHING : { entries: EVERYTHING, exceptions: ['dns', 'icmp'] };
  const exceptions = [access.free.includes('DNS') ? ['dns'] : [], access.free.includes('ICMP') ? ['icmp'] : []].flat();
  return { entries: access.entries, exceptions };
}

function mixedNote({ name, file, line }: AceAccess & { name: string }): AceNote {
  const why = 'names what is closed, where the lists of a machine name what is open';
  return aceNote('zone-closed', { zone: name, why }, { file, line });
}

function lostNote(code: 'zone-lost' | 'zone-closed', { name, file, line }: AceZone): AceNote {
  return aceNote(code, { zone: name, why: 'is described by nothing that Lazaret looks at' }, { file, line });
}

function accessNotes({ isBlocked, lost, held: restricted, file, line }: AceAccess, zone: string): AceNote[] {
  const code: AceNoteCode = isBlocked ? 'entry-closed' : 'entry-open';
  return [
    ...lost.map(({ entry, why }) => aceNote(code, { entry, why, zone }, { file, line })),
    ...(isBlocked ? restricted : []).map((what) => aceNote('traffic-free', { what, zone }, { file, line })),
  ];
}

function offNotes({ name }: PolicyLines, scope: Scope, zones: readonly AceZone[]): AceNote[] {
  return zones.length === 0 ? [] : [aceNote('zones-off', { what: `${scope}.useZones` }, { file: name })];
}

/** @throws IMPORT_UNSUPPORTED where there is more of something than Lazaret takes */
function held<T>(parsed: z.ZodSafeParseResult<T>, { name }: PolicyLines): T {
  if (parsed.success) return parsed.data;
  const said = parsed.error.issues.slice(0, 5).map((issue) => {
    const where = issue.path.join('.');
    return issue.code === 'too_big' ? `${where}: ${issue.maximum} may be` : `${where} ${issue.message}`;
  });
  throw new AppError('IMPORT_UNSUPPORTED', `${name} has more than Lazaret takes: ${said.join('; ')}`);
}

/** Every line that says something which is not known to this reader. */
function unreadOf({ name, settings }: PolicyLines, scope: Scope): AceNote[] {
  const known = knownKeys(scope);
  return [...settings].flatMap(([key, { key: written, line }]) =>
    known.test(key) ? [] : [aceNote('not-understood', { key: written }, { file: name, line })],
  );
}

function knownKeys(scope: Scope): RegExp {
  const number = '(0|[1-9]\\d{0,3})';
  const oneOf = (keys: readonly string[]) => `(${keys.map((key) => key.replaceAll('.', '\\.')).join('|')})`;
  const known = [
    '\\.encoding',
    `zoneDescription\\.${number}\\.${oneOf(DESCRIPTION_KEYS)}`,
    `${scope}\\.useZones`,
    `${scope}\\.zone\\.${number}\\.${oneOf(ZONE_KEYS)}`,
    `${scope}\\.default\\.${oneOf(DEFAULT_KEYS)}`,
  ];
  return new RegExp(`^(${known.join('|')})$`, 'i');
}
