import { readGuestRules, readHostRules } from '../../src/project/ace/rules.ts';
import { readSettings } from '../../src/project/foreign/settings.ts';

export type Lines = Record<string, string>;

/** Settings as such files have them. */
export function linesText(settings: Lines): string {
  return Object.entries(settings)
    .map(([key, value]) => `${key} = "${value}"\n`)
    .join('');
}

/** What is read of a project’s policies. */
export function readHost(written: Lines | string | Buffer) {
  const text = typeof written === 'string' || Buffer.isBuffer(written) ? written : linesText(written);
  return readHostRules({ name: 'app.vmpl', settings: readSettings(Buffer.from(text), 'app.vmpl') });
}

/** What is read of a machine’s policies, in a project that describes one zone, “Office”. */
export function readGuest(settings: Lines) {
  const name = 'xp/xp.vmpl';
  const lines = { name, settings: readSettings(Buffer.from(linesText(settings)), name) };
  return readGuestRules(lines, readHost(described(0)).described);
}

/** The codes of what is said. */
export function codesOf({ notes }: { notes: readonly { code: string }[] }): string[] {
  return notes.map(({ code }) => code);
}

/** A value as JSON has it. */
export function plain(value: unknown) {
  return JSON.parse(JSON.stringify(value ?? null));
}

/** A zone’s description as the manual shows it. */
export function described(number: number, more: Lines = {}, name = 'Office'): Lines {
  const before = `zoneDescription.${number}`;
  return {
    [`${before}.present`]: '1',
    [`${before}.key`]: String(number),
    [`${before}.name`]: name,
    [`${before}.gateways`]: '10.1.0.1',
    ...Object.fromEntries(Object.entries(more).map(([key, value]) => [`${before}.${key}`, value])),
  };
}
/** A zone, with what turns zones on. */
export function zoneOf(scope: 'host' | 'guest', number: number, more: Lines = {}, name = 'Office'): Lines {
  const before = `${scope}.zone.${number}`;
  return {
    [`${scope}.useZones`]: '1',
    [`${before}.present`]: '1',
    [`${before}.key`]: String(number),
    [`${before}.descriptionName`]: name,
    ...Object.fromEntries(Object.entries(more).map(([key, value]) => [`${before}.${key}`, value])),
  };
}
/** A project’s policies with one zone. */
export function office(zone: Lines = {}, description: Lines = {}): Lines {
  return { ...described(0, description), ...zoneOf('host', 0, zone) };
}
