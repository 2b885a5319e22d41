import { Opening } from '../../src/daemon/openers/opening.ts';
import type { Secrets } from '../../src/install/opening/password.ts';
import type { Asker } from '../../src/install/state/machine/owner.ts';
import { readPolicy } from '../../src/install/state/policies.ts';
import { EventLog } from '../../src/run/computer/events.ts';
import { FakeDomain } from './domain.ts';

/** Who may open the machines of a state folder, as a service of its own would have it at that time, beside such a domain. */
export function openingOf(state: string, now = Date.now(), domain = new FakeDomain()): Opening {
  const events = new EventLog(`${state}/events.jsonl`);
  const accounts = domain.sources(async (vm) => ({
    document: (await readPolicy(state, vm)).document,
    lookedUpAt: undefined,
  }));
  return new Opening({ state, clock: () => now, events, accounts, expireTime: async () => '1234567890' });
}

/** Somebody, and what he gives. */
export function by(secrets: Secrets = {}, asker: Asker = 0) {
  return { asker, secrets, signal: new AbortController().signal };
}
