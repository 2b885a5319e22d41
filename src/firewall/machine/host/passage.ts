import { listed } from '../../nft.ts';
import { findStopper, type Stopper } from './foreign-rules.ts';

/** A route that is missing, or rules that are not nftables’. */
const UNKNOWN: Stopper = { program: 'something unknown', command: 'nft list ruleset; ip route' };

/** How many first packets of flows came to the computer, and how many left it, by the machines’ uplinks. */
interface Passed {
  came: ReadonlyMap<string, number>;
  went: ReadonlyMap<string, number>;
}
const NONE: Passed = { came: new Map(), went: new Map() };

/**
 * Who stops on this computer what a machine sends: by what came of this very machine and what of it left, where it has sent
 * something, else by the rules that are there.
 */
export class Passage {
  #passed = NONE;
  #byRules: Stopper | undefined;
  /** By uplink; undefined for a machine whose packets were seen to leave. */
  readonly #proven = new Map<string, Stopper | undefined>();

  stopperOf(uplink: string): Stopper | undefined {
    return this.#proven.has(uplink) ? this.#proven.get(uplink) : this.#byRules;
  }

  /** To be called when the table was loaded, with all rules that there are: its counters begin anew. */
  begin(ruleset: string): void {
    this.#passed = NONE;
    this.#judge(ruleset);
  }

  /** Looks at the counters in a listing of our table. @throws FILTER_FAILED */
  async prove(listing: string): Promise<void> {
    const before = this.#passed;
    const now = parsePassed(listing);
    this.#passed = now;
    const grown = (way: keyof Passed) =>
      [...now[way]].flatMap(([uplink, count]) => (count > (before[way].get(uplink) ?? 0) ? [uplink] : []));
    const went = grown('went');
    for (const uplink of went) this.#proven.set(uplink, undefined);
    const stopped = grown('came').filter((uplink) => !went.includes(uplink));
    // While something is stopped its user may be letting it through.
    if (stopped.length > 0 || this.#byRules || [...this.#proven.values()].some(Boolean)) await this.#lookAtRules();
    for (const uplink of stopped) this.#proven.set(uplink, this.#byRules ?? UNKNOWN);
  }

  forget(uplink: string): void {
    this.#proven.delete(uplink);
  }

  async #lookAtRules(): Promise<void> {
    this.#judge(await listed([], ['ruleset'], true));
  }

  #judge(ruleset: string): void {
    this.#byRules = findStopper(ruleset);
    if (this.#byRules) return;
    for (const [uplink, stopper] of this.#proven) if (stopper && stopper !== UNKNOWN) this.#proven.delete(uplink);
  }
}

function parsePassed(listing: string): Passed {
  const counts = (name: string) => {
    const set = new RegExp(`^\\tset ${name} \\{([^}]*)`, 'm').exec(listing)?.[1] ?? '';
    const elements = set.matchAll(/"([^"]+)" counter packets (\d+)/g);
    return new Map([...elements].map(([, uplink = '', packets]) => [uplink, Number(packets)] as const));
  };
  return { came: counts('came'), went: counts('went') };
}

/** A listing of our table without what packets change. */
export function withoutCounts(listing: string): string {
  return listing.replace(/(\tflags dynamic\n\t\tcounter)\n\t\telements = \{[^}]*\}/g, '$1');
}
