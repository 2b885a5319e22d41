import { Opening } from '../../src/daemon/opening.ts';
import type { Secrets } from '../../src/install/opening/password.ts';
import type { Asker } from '../../src/install/state/owner.ts';
import { EventLog } from '../../src/run/computer/events.ts';

/** Who may open the machines of a state folder, as a service of its own would have it at that time. */
export function openingOf(state: string, now = Date.now()): Opening {
  const events = new EventLog(`${state}/events.jsonl`);
  return new Opening({ state, clock: () => now, events, expireTime: async () => '1234567890' });
}

/** Somebody, and what he gives. */
export function by(secrets: Secrets = {}, asker: Asker = 0) {
  return { asker, secrets, signal: new AbortController().signal };
}
