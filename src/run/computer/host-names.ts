import { askAll } from '../../firewall/names/ask-all.ts';
import { heard, inUse, type NameState, failureOf as whyUnresolved } from '../../firewall/names/name-state.ts';
import { digestOf, type NameMemory } from '../../firewall/names/names.ts';
import { AppError, failureOf } from '../../lib/errors.ts';
import type { AccessEntry } from '../../policy/parts/access-entry.ts';
import { subnetAround } from '../../quarantine/lists/subnet-around.ts';
import type { Log } from '../../sys/log.ts';
import { nameMemory } from '../access/name-memory.ts';

const PATIENCE_MS = 3000;

/** What the names in the computer’s own rules stand for: the last good answers, also while the resolvers are away. */
export class HostNames {
  readonly #memory: NameMemory;
  readonly #log: Log;
  #states: Map<string, NameState>;
  #kept: string;

  private constructor(memory: NameMemory, log: Log, states: Map<string, NameState>) {
    this.#memory = memory;
    this.#log = log;
    this.#states = states;
    this.#kept = digestOf(states);
  }

  static async open(path: string, log: Log): Promise<HostNames> {
    const memory = nameMemory(path, log);
    return new HostNames(memory, log, await memory.read());
  }

  /** Looks the names up and keeps what is heard; of others nothing is kept. Gives whether all of them resolve. */
  async refresh(names: readonly string[], resolvers: readonly string[]): Promise<boolean> {
    const before = this.#states;
    const states = new Map([...before].filter(([name]) => names.includes(name)));
    await askAll(names, resolvers, AbortSignal.timeout(PATIENCE_MS), (name, answers) => {
      states.set(name, heard(before.get(name), answers, Date.now()));
    });
    this.#states = states;
    await this.#keep();
    return names.every((name) => {
      const state = states.get(name);
      return state !== undefined && whyUnresolved(state) === undefined;
    });
  }

  async #keep(): Promise<void> {
    const digest = digestOf(this.#states);
    if (digest === this.#kept) return;
    try {
      await this.#memory.write(this.#states);
      this.#kept = digest;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      this.#log.warn(failureOf(error), 'the addresses of names cannot be saved');
    }
  }

  /** The entries with the addresses that their names stand for on such a list, and what is around them where that is asked for. */
  resolved(entries: readonly AccessEntry[], mode: 'whitelist' | 'blacklist'): AccessEntry[] {
    const now = Date.now();
    return entries.flatMap((entry): AccessEntry[] => {
      const { target } = entry;
      if (target.kind === 'subnet') return [entry];
      const state = this.#states.get(target.name);
      if (!state) return [];
      const { bits = 32 } = target;
      const v4 = inUse(state.v4, mode, now).map((address) => ({
        family: 4 as const,
        cidr: subnetAround(address, bits),
      }));
      const v6 = inUse(state.v6, mode, now).map((address) => ({ family: 6 as const, cidr: `${address}/128` }));
      return [...v4, ...v6].map((subnet) => ({ ...entry, target: { kind: 'subnet', ...subnet } }));
    });
  }
}

/** The names among entries, each once. */
export function namesIn(entries: readonly AccessEntry[]): string[] {
  return [...new Set(entries.flatMap(({ target }) => (target.kind === 'name' ? [target.name] : [])))];
}
