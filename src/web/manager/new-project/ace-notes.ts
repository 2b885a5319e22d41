import type { AceNote } from '../../../api/manager/import-ace.ts';
import type { AceNoteCode } from '../../../lib/import-notes.ts';
import type { Language } from '../../ui/texts/texts.ts';

/** What is not carried over, auf Deutsch: a code without its text does not compile. */
const NOTES_DE: Record<AceNoteCode, (parts: AceNote['parts']) => string> = {
  identity: () =>
    'das Projekt bekommt eigene Schlüssel: Pakete von VMware ACE lassen sich damit nicht aktualisieren, und Benutzer installieren sein erstes Paket neu',
  secrets: () =>
    'Kennwörter, der Wiederherstellungsschlüssel und alles Verschlüsselte werden nicht übernommen: sie werden neu gewählt oder gemacht',
  'project-file': ({ file }) =>
    `von ${file} wird nur der Name übernommen: was in solchen Dateien steht, ist nicht dokumentiert`,
  'not-understood': ({ key }) => `${key} wird nicht verstanden und nicht übernommen`,
  'project-policies': () =>
    'Soforthilfen, Verwaltungszugang, Ein- und Ausschalten, Fenster, Einstellungen, Verhalten beim Verlassen und Domäne sind wie in einem neuen Projekt: was VMware ACE dafür hatte, ist nicht dokumentiert',
  'machine-policies': () =>
    'von ihren Richtlinien lassen sich nur die Zonen lesen: Anmeldung, Verschlüsselung, Ablauf, Kopierschutz und Geräte sind wie bei einer neuen Maschine, bis Sie sie einstellen',
  'quarantine-closed': () =>
    'was sie erreichen darf, lässt sich nicht lesen: sie erreicht nichts, bis Sie ihre Quarantäne einstellen; der Assistent fragt danach',
  'static-list': () =>
    'ihre eigene Liste lässt sich nicht lesen: außerhalb ihrer Zonen erreicht sie nichts, bis Sie ihre Quarantäne einstellen',
  ipv6: () => 'die Regeln für Computer galten nur für IPv4 und gelten jetzt auch für IPv6',
  'zones-off': ({ what }) => `${what} ist nicht "1": die Zonen dort wirkten nicht und werden nicht übernommen`,
  'zone-off': ({ zone }) => `${zone} ist nicht vorhanden und wird nicht übernommen`,
  'zone-name': ({ from, to }) => `die Zone „${from}“ heißt jetzt „${to}“`,
  'zone-lost': ({ zone, why }) =>
    `die Zone „${zone}“ fällt weg (${why}): was sie einschränkt, ist dort nicht eingeschränkt`,
  'zone-closed': ({ zone, why }) => `die Zone „${zone}“ fällt weg (${why}): die Maschine erreicht dort nichts`,
  'zone-again': ({ zone }) => `die Zone „${zone}“ steht schon davor, und diese galt nie`,
  'zone-wider': ({ zone, what }) =>
    `die Zone „${zone}“ wird nicht mehr an ${what} erkannt, worauf Lazaret nicht achtet: sie passt auf mehr Netze als vorher`,
  'entry-open': ({ entry, zone, why }) =>
    `„${entry}“ wird nicht übernommen (${why}): in der Zone „${zone}“ ist es nicht gesperrt`,
  'entry-closed': ({ entry, zone, why }) =>
    `„${entry}“ wird nicht übernommen (${why}): in der Zone „${zone}“ wird es nicht erreicht`,
  'traffic-free': ({ what, zone }) =>
    `${what} war in der Zone „${zone}“ eingeschränkt und ist es nicht mehr: Lazaret braucht es`,
  resource: ({ file }) =>
    `${file} wird nicht übernommen: Plug-ins laufen unter Linux, und welche Richtlinie danach fragte, lässt sich nicht lesen; was sie erfahren und antworten, ist gleich (docs/plug-ins.md)`,
  left: ({ file }) => `${file} wird nicht übernommen`,
  lock: ({ file }) =>
    `${file} sagt, dass ein Programm die Maschine offen hat: sie muss heruntergefahren sein, sonst ist ihre Platte vielleicht nicht ganz`,
  suspended: ({ file }) =>
    `${file} ist der Speicher einer angehaltenen Maschine und wird nicht übernommen: sie startet neu, wie nach einem Stromausfall`,
  name: ({ from }) => `in VMware ACE heißt sie „${from}“`,
};

/** What is not carried over, in a language, with the file and the line where it was found. */
export function aceNoteText({ code, text, parts, file, line }: AceNote, language: Language): string {
  const said = language === 'de' && Object.hasOwn(NOTES_DE, code) ? NOTES_DE[code](parts) : text;
  if (file === undefined) return said;
  const ofLine = line === undefined ? '' : language === 'de' ? `, Zeile ${line}` : `, line ${line}`;
  return `${file}${ofLine}: ${said}`;
}
