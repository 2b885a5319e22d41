import type { WhyAnswer } from '../../../api/machine.ts';
import { formatBytes } from '../../../lib/bytes.ts';
import type { EventKind } from '../../../lib/event-kinds.ts';
import type { SaidBy } from '../../ui/texts/said.ts';

/** What stands in an event besides its kind: each may be missing, for an older service has written it. */
export type EventDetails = Readonly<Record<string, unknown>>;

/** An event auf Deutsch. Where the sentence does not have all of it, the service’s own words stand with it. */
interface SaidEvent {
  text: string;
  needsWords?: true;
}

const ACCESS: Record<string, string> = {
  normal: 'normaler Zugang',
  restricted: 'eingeschränkter Zugang',
  refused: 'kein Zugang',
};

/** How a machine ended, by QEMU’s word for it. */
const ENDS: Record<string, string> = {
  'guest-shutdown': ': ihr Gastsystem hat sich heruntergefahren',
  'guest-reset': ': ihr Gastsystem wurde neu gestartet, was sie beendet',
  'guest-panic': ': ihr Gastsystem ist abgestürzt',
  'host-qmp-quit': '',
  'host-signal': '',
  'host-error': ': QEMU hatte einen Fehler',
};

/** Why a device was taken away: by a word of its own, or the code of what forbids it. */
const TAKEN: Record<string, string> = {
  asked: 'von Hand',
  'let-go': 'der Gast hat es losgelassen, oder es ist weg',
  suspended: 'die Maschine wird angehalten',
  DEVICE_FORBIDDEN: 'das Projekt lässt es nicht zu',
};

/** What happened, auf Deutsch, by its kind: a kind without its text does not compile. */
export const EVENTS_DE: Record<EventKind, (details: EventDetails, said: SaidBy) => SaidEvent> = {
  installed: ({ package: name }) =>
    typeof name === 'string' ? whole(`Paket ${name} ist installiert`) : partly('Ein Paket ist installiert'),
  uninstalled: ({ dataDisk }) => whole(dataDisk === true ? 'entfernt, mit ihrer Datenplatte' : 'entfernt'),
  'rolled-back': ({ from, to }) =>
    partly(from === undefined ? 'auf das frühere System zurückgestellt' : `von Generation ${from} zurück auf ${to}`),
  reimaged: ({ generation, dataDisk }) => {
    const what = dataDisk === true ? 'Systemplatte und Datenplatte sind' : 'Die Systemplatte ist';
    return generation === undefined
      ? partly('auf den installierten Zustand zurückgesetzt')
      : whole(`${what} wieder wie bei der Installation von Generation ${generation}`);
  },
  snapshot: ({ did, name }) => {
    if (typeof name !== 'string') return partly('Ein Snapshot');
    if (did === 'taken') return whole(`Snapshot „${name}“ ist gemacht`);
    return did === 'reverted' ? whole(`zurück auf dem Stand von „${name}“`) : whole(`Snapshot „${name}“ ist entfernt`);
  },
  device: ({ device, did, what, why, code }) => {
    if (typeof device !== 'string') return partly('Ein Gerät');
    if (did === 'connected') return whole(`„${device}“ ist verbunden: ${what}`);
    const word = `${why ?? code}`;
    if (!Object.hasOwn(TAKEN, word)) return partly(`„${device}“ ist getrennt`);
    return whole(`„${device}“ ist getrennt: ${TAKEN[word]}`);
  },
  clipboard: ({ did, what, bytes }) => {
    if (did === 'kept-inside')
      return whole('etwas, das im Gast kopiert wurde, bleibt dort: das Projekt lässt nichts hinaus');
    if (typeof bytes !== 'number') return partly('Die Zwischenablage');
    const content = `${what === 'picture' ? 'ein Bild' : 'ein Text'} von ${formatBytes(bytes)}`;
    return whole(did === 'given' ? `${content} wurde im Gast eingefügt` : `${content} kam aus dem Gast`);
  },
  file: ({ name, bytes }) =>
    typeof name === 'string' && typeof bytes === 'number'
      ? whole(`die Datei ${name} von ${formatBytes(bytes)} kam in den Gast`)
      : partly('Eine Datei'),
  'shared-folder': ({ did, path, readOnly }) => {
    if (did !== 'shared' || typeof path !== 'string') return partly('Der Ordner wird nicht mehr geteilt');
    return whole(`ein Ordner wird mit ihr geteilt, zum Lesen${readOnly === true ? '' : ' und Schreiben'}: ${path}`);
  },
  healthy: () => partly('Das neue System hat sich bewährt'),
  unhealthy: () => partly('Das neue System hat sich nicht bewährt: der nächste Start geht auf das frühere zurück'),
  started: ({ how, access, why }, said) =>
    withReason(`${how === 'resumed' ? 'fortgesetzt' : 'gestartet'}${accessText(access, ': ')}`, why, said),
  stopped: ({ end }) => {
    const why = Object.hasOwn(ENDS, `${end}`) ? ENDS[`${end}`] : undefined;
    return why === undefined ? partly('ausgeschaltet') : whole(`ausgeschaltet${why}`);
  },
  suspended: () => whole('angehalten: der nächste Start geht dort weiter, wenn sich bis dahin nichts geändert hat'),
  paused: (details, said) => {
    const sentence = codeText(details, said);
    return details['code'] === 'VM_DISK_FULL' && sentence ? whole(sentence) : partly('Sie steht still');
  },
  resumed: () => whole('Sie läuft weiter'),
  guest: () => partly('Ihr Gastsystem'),
  disk: () => partly('Eine Platte macht Fehler'),
  'found-again': () => partly('Der Dienst wurde neu gestartet und hat die laufende Maschine übernommen'),
  access: ({ from, to, why }, said) => {
    if (to === undefined) return partly('Der Zugang ist ein anderer');
    return withReason(from === to ? `weiter ${accessText(to)}` : `${accessText(from)} → ${accessText(to)}`, why, said);
  },
  'nq-set': ({ descriptor, dry, ok }) => {
    if (descriptor === undefined) return partly('nq-set');
    const command = `nq-set ${dry === true ? '-n ' : ''}${descriptor}`;
    return ok === true ? whole(`${command}: gültig`) : partly(`${command}: abgelehnt`);
  },
  plugin: () => partly('Das Plug-in'),
  policy: ({ to }) => (to === undefined ? partly('Eine andere Richtlinie gilt') : whole(`Richtlinie ${to} gilt`)),
  expiration: ({ state }) => partly(TERMS[`${state}`] ?? 'Wie lange sie benutzt werden darf'),
  'hot-fix': ({ message }) =>
    partly(message === undefined ? 'Soforthilfe' : 'Der Administrator hat auf die Bitte um Soforthilfe geantwortet'),
  'lookup-failed': (details, said) =>
    partly(['Die Richtlinie konnte nicht nachgesehen werden', ...listed(codeText(details, said))].join(': ')),
  message: () => partly('Mitteilung'),
  refused: ({ address, protocol, port, rule, destinations }) => {
    if (destinations !== undefined)
      return whole(
        destinations === 1
          ? 'Ein weiteres Ziel wurde nicht erreicht'
          : `${destinations} weitere Ziele wurden nicht erreicht`,
      );
    if (address === undefined) return partly('Ein Ziel wurde nicht erreicht');
    const place = port === undefined ? `${address}` : `${address}:${port}`;
    return whole(`${place} ${protocol} ist nicht erlaubt, nach: ${rule}`);
  },
  password: (details, said) => {
    if (details['did'] === 'changed') return whole('Ihr Kennwort wurde geändert');
    if (details['of'] === 'administrator') return whole('Ein falsches Kennwort der Verwaltung wurde eingegeben');
    const sentence = codeText(details, said);
    return sentence === undefined ? partly('Kennwort') : whole(`Sie blieb zu: ${sentence}`);
  },
  opened: ({ by }) => (typeof by === 'string' ? partly(`${by} hat sie geöffnet`) : partly('geöffnet')),
  hardware: ({ after }) =>
    isHardware(after)
      ? whole(
          `Von ihrem nächsten Start an hat sie ${after.memoryMiB} MiB und ${after.cpus} ${after.cpus === 1 ? 'Prozessor' : 'Prozessoren'}`,
        )
      : partly('Der Administrator hat Arbeitsspeicher oder Prozessoren geändert'),
  name: ({ name, code, names, failing }) => {
    if (name === undefined && names === undefined) return partly('Ein Name ihrer Listen');
    if (name === undefined)
      return whole(`${names === 1 ? 'Ein weiterer Name' : `${names} weitere Namen`}, davon ${failing} ohne Adresse`);
    return whole(code === undefined ? `${name} hat wieder eine Adresse` : `${name} hat keine Adresse: ${code}`);
  },
  zone: ({ from, to }) => whole(`Zone ${from ?? 'keine'} → ${to ?? 'keine'}`),
  network: () => partly('Das Netz der Maschine'),
  'host-policy': () => partly('Regeln für diesen Computer selbst'),
  failed: (details, said) => {
    const { code } = details;
    const text = ['Fehlgeschlagen', ...listed(codeText(details, said))].join(': ');
    return partly(typeof code === 'string' ? `${text} (${code})` : text);
  },
};

const TERMS: Record<string, string> = {
  valid: 'Sie darf benutzt werden',
  warned: 'Sie darf bald nicht mehr benutzt werden',
  expired: 'Sie darf nicht mehr benutzt werden',
};

function whole(text: string): SaidEvent {
  return { text };
}

function partly(text: string): SaidEvent {
  return { text, needsWords: true };
}

/** An access in words, where there is one. */
function accessText(access: unknown, before = ''): string {
  const text = ACCESS[`${access}`];
  return text === undefined ? '' : `${before}${text}`;
}

/** What has failed, by the code that stands in an event, where there is one. */
function codeText(details: EventDetails, said: SaidBy): string | undefined {
  const { code } = details;
  const text = typeof code === 'string' ? said.failure({ code, details }).text : '';
  return text === '' ? undefined : text;
}

function listed(text: string | undefined): string[] {
  return text === undefined ? [] : [text];
}

function isHardware(value: unknown): value is { memoryMiB: number; cpus: number } {
  return typeof value === 'object' && value !== null && 'memoryMiB' in value && 'cpus' in value;
}

/** A plug-in’s reason is a system’s message, and an older service tells none. */
function withReason(text: string, why: unknown, said: SaidBy): SaidEvent {
  const reason = isWhy(why) ? said.reason(why, '') : '';
  return reason === '' ? partly(text) : whole(`${text}: ${reason}`);
}

function isWhy(why: unknown): why is WhyAnswer {
  return typeof why === 'object' && why !== null && 'code' in why && typeof why.code === 'string';
}
