import type { Denied } from '../../firewall/machine/denied.ts';
import { AppError, failureOf } from '../../lib/errors.ts';
import type { Protocol } from '../../policy/access-entry.ts';
import type { Destination, Explanation } from '../../quarantine/explain.ts';
import type { Log } from '../../sys/log.ts';
import { pause } from '../../sys/pause.ts';

/** How often it is looked what was refused. */
const LOOK_MS = 15_000;
/** More are counted, not told one by one: a guest that tries every address must not fill the log of events. */
const MAX_AT_ONCE = 8;

const PROTOCOLS: Readonly<Record<string, Protocol>> = { tcp: 'tcp', udp: 'udp', icmp: 'icmp', icmpv6: 'icmp' };

/** What may be told of a machine’s refused destinations, and to whom. */
export interface RefusalParts {
  denied: () => Promise<Denied[]>;
  explain: (to: Destination) => Promise<Explanation>;
  tell: (text: string, details: object) => Promise<void>;
  log: Log;
  lookMs?: number;
}

/**
 * Tells, until `signal` fires, which destinations a guest was refused and by which rule: each once for as long as the guest
 * goes on trying, a few at a time.
 */
export async function tellRefusals(parts: RefusalParts, signal: AbortSignal): Promise<void> {
  let told: ReadonlySet<string> = new Set();
  while (!signal.aborted) {
    await pause(parts.lookMs ?? LOOK_MS, signal);
    if (signal.aborted) return;
    try {
      told = await tellNew(parts, told);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      if (signal.aborted) return;
      parts.log.warn(failureOf(error), 'what was refused cannot be read');
    }
  }
}

/** Tells of what was not told of before; gives all there is now. */
async function tellNew({ denied, explain, tell }: RefusalParts, told: ReadonlySet<string>): Promise<Set<string>> {
  const found = await denied();
  const fresh = found.filter((one) => !told.has(shown(one)));
  for (const one of fresh.slice(0, MAX_AT_ONCE)) {
    const { protocol, port, address } = one;
    const known = PROTOCOLS[protocol];
    const to = { host: address, ...(port === undefined ? {} : { port }) };
    const rule = known ? (await explain({ ...to, protocol: known })).rule : `no entry for the protocol ${protocol}`;
    await tell(`refused ${shown(one)}, by: ${rule}`, { ...one, rule });
  }
  const others = fresh.length - MAX_AT_ONCE;
  if (others > 0) await tell(`refused ${others} more destinations`, { destinations: others });
  return new Set(found.map(shown));
}

function shown({ address, protocol, port }: Denied): string {
  const host = port !== undefined && address.includes(':') ? `[${address}]` : address;
  return `${host}${port === undefined ? '' : `:${port}`} ${protocol}`;
}
