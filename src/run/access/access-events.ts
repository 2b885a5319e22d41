import type { Quarantine } from '../../policy/quarantine.ts';
import { messageFor, reasonText } from '../../quarantine/decide.ts';
import { whyOf } from '../../quarantine/why.ts';
import type { EventLog } from '../computer/events.ts';
import type { Note } from './followed-policy.ts';
import type { Answer } from './take-report.ts';
import type { Verdict } from './verdict.ts';

/** Of a descriptor, in the log of events. */
const MAX_SHOWN = 128;

/** What of a verdict is another than before: the zone, the access with its reason, the administrator’s message. */
export async function noteChange(
  note: Note,
  [before, now]: [Verdict, Verdict],
  quarantine: Quarantine,
  durationMs: number,
): Promise<void> {
  if (now.zone !== before.zone) {
    const zones = { from: before.zone, to: now.zone };
    await note('zone', `zone ${before.zone ?? 'none'} → ${now.zone ?? 'none'}`, zones);
  }
  const { decision } = now;
  const { access: from, reason } = before.decision;
  if (decision.access === from && decision.reason === reason) return;
  const details = { from, to: decision.access, durationMs, why: whyOf(decision) };
  // What stayed as it was is no news: only the reason is.
  const change = decision.access === from ? `still ${from}` : `${from} → ${decision.access}`;
  await note('access', `${change}: ${reasonText(decision)}`, details);
  const message = messageFor(quarantine, decision);
  if (message !== undefined && message !== messageFor(quarantine, before.decision)) await note('message', message);
}

/** A guest that reports the same over and over, in vain, is told of once, with a count. */
export async function tellReport(
  events: EventLog,
  vm: string,
  { descriptor, dry }: { descriptor: string; dry: boolean },
  { ok, reason }: Answer,
): Promise<void> {
  const shown = descriptor.length > MAX_SHOWN ? `${descriptor.slice(0, MAX_SHOWN)}…` : descriptor;
  await events.add({
    ...{ vm, kind: 'nq-set', details: { descriptor: shown, dry, ok } },
    text: `nq-set ${dry ? '-n ' : ''}${shown}: ${ok ? 'valid' : reason}`,
    ...(ok ? {} : { same: reason }),
  });
}
