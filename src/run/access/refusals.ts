import type { Denied } from '../../firewall/machine/rules/denied.ts';
import { AppError, failureOf } from '../../lib/errors.ts';
import type { Protocol } from '../../policy/parts/access-entry.ts';
import type { Destination, Explanation } from '../../quarantine/lists/explain.ts';
import type { Log } from '../../sys/log.ts';
import { pause } from '../../sys/pause.ts';

/** How often it is looked what was refused. */
const LOOK_MS = 15_000;
/** More are counted, not told one by one: a guest that tries every address must not fill the log of events. */
const MAX_AT_ONCE = 8;

const PROTOCOLS: Readonly<Record<string, Protocol>> = { tcp: 'tcp', udp: 'udp', icmp: 'icmp', icmpv6: 'icmp' };

/** A destination that was refused lately, and what the list in force says of it now. */
export interface Refused extends Denied, Explanation {}

/** What may be told of a machine’s refused destinations, and to whom. */
export interface RefusalParts {
  refused: () => Promise<Refused[]>;
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
async function tellNew({ refused, tell }: RefusalParts, told: ReadonlySet<string>): Promise<Set<string>> {
  const found = await refused();
  const fresh = found.filter((one) => !told.has(shown(one)));
  for (const { allowed: _, ...one } of fresh.slice(0, MAX_AT_ONCE))
    await tell(`refused ${shown(one)}, by: ${one.rule}`, one);
  const others = fresh.length - MAX_AT_ONCE;
  if (others > 0)
    await tell(`refused ${others === 1 ? '1 more destination' : `${others} more destinations`}`, {
      destinations: others,
    });
  return new Set(found.map(shown));
}

/** Which rule decides over each refused destination now; `explain` does not know protocols that no entry can name. */
export function withRules(denied: readonly Denied[], explain: (to: Destination) => Explanation): Refused[] {
  return denied.map((one) => {
    const { protocol, port, address } = one;
    const known = PROTOCOLS[protocol];
    if (!known) return { ...one, allowed: false, rule: `no entry for the protocol ${protocol}` };
    return { ...one, ...explain({ host: address, protocol: known, ...(port === undefined ? {} : { port }) }) };
  });
}

function shown({ address, protocol, port }: Denied): string {
  const host = port !== undefined && address.includes(':') ? `[${address}]` : address;
  return `${host}${port === undefined ? '' : `:${port}`} ${protocol}`;
}
