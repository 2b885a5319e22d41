import type { WhyAnswer } from '../../../api/machine.ts';
import type { ReasonCode } from '../../../quarantine/why.ts';

/** Why a machine has its access, auf Deutsch: a reason without its text does not compile. */
export const REASONS_DE: Record<ReasonCode, (why: WhyAnswer, untilText: string) => string | undefined> = {
  unrestricted: () => 'die Richtlinie setzt keine Quarantäne',
  static: () => 'die Liste der Richtlinie gilt',
  dynamic: () => 'die Liste des Richtlinienservers gilt',
  grace: ({ next }, untilText) =>
    `ihre Version ist zu alt, behält aber normalen Zugang bis ${untilText}; die nächste ist ${next}`,
  version: () => 'ihre Version ist neu genug',
  outdated: ({ next }) => `ihre Version ist zu alt${next === undefined ? '' : `; die nächste ist ${next}`}`,
  'above-all': () => 'die Richtlinie schränkt zurzeit jede Version ein',
  unset: () => 'sie hat noch keine Version gemeldet',
  enforcement: () =>
    'der Dienst läuft hier ohne root, und die Richtlinie verlangt Regeln, die der Benutzer nicht ändern kann',
  'untrusted-version': () => 'die Richtlinie nimmt die Herkunft ihrer Version nicht an',
  'unknown-version': () => 'sie hat eine Version gemeldet, die es nicht mehr gibt',
  'plugin-yes': () => 'das Plug-in hat ja gesagt',
  'plugin-no': () => 'das Plug-in hat nein gesagt',
  'plugin-reject': () => 'das Plug-in nimmt ihre Angabe nicht an',
  // What went wrong with a plug-in is a system’s message.
  'plugin-void': () => undefined,
  'never-looked-up': () => 'die Richtlinie konnte noch nie auf dem Richtlinienserver nachgesehen werden',
  offline: () => 'der Richtlinienserver war zu lange nicht erreichbar',
  free: () => 'sie wurde ohne Richtlinien eingeschaltet',
  closed: () => 'der Paketfilter konnte nicht gesetzt werden, also geht nichts durch',
};
