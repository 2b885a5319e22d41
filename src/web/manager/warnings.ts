import type { Warning, WarningCode } from '../../policy/reading/warning.ts';
import type { When } from '../../policy/table.ts';
import type { Language } from '../ui/texts/texts.ts';
import { policy } from './texts/policy.ts';

type Parts = Warning['parts'];

/** When a change of a policy holds, auf Deutsch. */
export const WHEN_DE: Record<When, string> = {
  'at-once': 'gilt sofort, auch für eine laufende Maschine',
  'next-start': 'gilt vom nächsten Start der Maschine an',
  'next-update': 'gilt vom nächsten Update der Maschine an',
  reinstall: 'gilt für Maschinen, die von jetzt an installiert werden; eine installierte bleibt, wie sie ist',
  'with-machine': 'gilt nur mit der Maschine selbst im Paket',
};

/** What an administrator may not have meant, auf Deutsch: a code without its text does not compile. */
const WARNINGS_DE: Record<WarningCode, (parts: Parts) => string> = {
  'nobody-listed': () => 'auf ihrer Liste stehen weder Benutzer noch Gruppen, also kann niemand sie öffnen',
  'time-over': ({ date }) => `ihre Zeit war mit dem ${date} vorbei, also kann niemand sie starten`,
  'device-missing': ({ device }) =>
    `ihre Richtlinie sagt, wer „${device}“ anschließen darf, und sie hat kein solches Gerät`,
  'no-policy-server': () => 'das Projekt nennt keinen Richtlinienserver, also bleibt die Maschine eingeschränkt',
  'normal-lacks': ({ zone, first, more }) => {
    const where = zone === undefined ? '' : `in der Zone ${zone} `;
    const others = more === 0 ? '' : ` und ${more} weitere`;
    return `${where}fehlt dem normalen Zugang, was der eingeschränkte hat: ${first}${others}`;
  },
  'never-reached': ({ entry }) => `die Liste hat ${entry}, das keine Maschine erreicht: immer geschlossen`,
  'change-holds': ({ section, when }) => {
    const names: Record<string, string> = policy.de.names;
    const times: Record<string, string> = WHEN_DE;
    return `${names[`${section}`] ?? section}: die Änderung ${times[`${when}`] ?? when}`;
  },
  'version-behind': ({ version }) =>
    `ihre Kopie im Projekt hat nicht die neueste Version ${version}; rufen Sie deren nq-set zuerst in der Vorschau auf`,
  'not-deployed': () => 'ihre Richtlinie wurde nach der letzten Verteilung geändert',
};

/** A warning in a language. */
export function warningText({ code, vm, text, parts }: Warning, language: Language): string {
  if (language !== 'de' || !Object.hasOwn(WARNINGS_DE, code)) return text;
  return `${vm}: ${WARNINGS_DE[code](parts)}`;
}
