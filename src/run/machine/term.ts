import { failureOf } from '../../lib/errors.ts';
import type { PolicyDocument } from '../../policy/schema.ts';
import type { PluginEvent } from '../../quarantine/plugin.ts';
import type { Log } from '../../sys/log.ts';
import type { Start } from '../gates/gate.ts';
import { KnownTerm, type TermParts } from '../term/known-term.ts';
import { renewalAsker } from '../term/renewal.ts';
import { pluginUser } from './host/users.ts';
import type { MachineSpec, RunDeps } from './spec.ts';

/** The time that a machine may be used, as it will be asked for and told of. */
export function knownTermOf(spec: MachineSpec, deps: RunDeps, signal?: AbortSignal): KnownTerm {
  const { mode, name: vm, runFolder, number } = spec;
  const parts: TermParts = {
    ...{ mode, source: deps.term, askedPath: `${runFolder}/renewal-asked` },
    askRenewal: renewalAsker(deps.plugins, pluginUser(number)),
    note: (kind, text, details) => deps.events.add({ vm, kind, text, ...(details ? { details: { ...details } } : {}) }),
  };
  return new KnownTerm(parts, signal);
}

/** What the gates ask of a machine’s time and place; its renewal plug-in has been asked. @throws STATE_DAMAGED, INTERRUPTED */
export async function termAndPlace(
  known: KnownTerm,
  { movedFrom }: Pick<RunDeps, 'movedFrom'>,
  document: PolicyDocument,
  event: PluginEvent,
): Promise<Pick<Start, 'term' | 'movedFrom'>> {
  const isProtected = document.policy.copyProtection?.enabled === true;
  const moved = isProtected ? await movedFrom?.() : undefined;
  // On another computer its time cannot be told either, and there is one way back to both.
  if (moved !== undefined) return { term: { state: 'valid' }, movedFrom: moved };
  return { term: await known.look(document, event), movedFrom: undefined };
}

/** Looks at the time of a machine that runs, whatever comes of it: what follows from it, follows while it does. */
export function lookAtTerm(known: KnownTerm, document: PolicyDocument, log: Log, event?: PluginEvent): void {
  known
    .look(document, event)
    .catch((error: unknown) => log.error(failureOf(error), 'it cannot be told how long the machine may be used'));
}
