import { AppError } from '../../lib/errors.ts';
import type { NameTarget } from '../../policy/parts/access-entry.ts';
import type { AccessList, AccessLists } from '../../quarantine/lists/access-list.ts';
import { pinnedNames, syntheticAddresses } from '../../quarantine/lists/pinned.ts';
import { outermost, subnetAround } from '../../quarantine/lists/subnet-around.ts';
import type { Subnets } from '../../quarantine/subnets.ts';
import type { Log } from '../../sys/log.ts';
import { pause } from '../../sys/pause.ts';
import { NAME_TIMEOUT_S, nameSets, pinnedMap, wideSets } from '../machine/rules/list-rules.ts';
import { type Content, newElements, refillSets, replaceElements, replacing } from '../machine/rules/set-elements.ts';
import { askAll } from './ask-all.ts';
import type { ListKey } from './dns-config.ts';
import { type Failed, failureOf, heard, inUse, KEEP_MS, type NameState, standIn } from './name-state.ts';
import { pinnedAnswer, pinnedMappings } from './pinned-names.ts';

/** Of names that are on no list any more; zones bring lists back. */
const MAX_STATES = 20_000;
const HOUR_MS = 3_600_000;

/** Where the last good answers outlive the service. */
export interface NameMemory {
  read(): Promise<Map<string, NameState>>;
  write(states: ReadonlyMap<string, NameState>): Promise<void>;
}

/** A name that stopped resolving, or, without `failed`, resolves again. */
export interface NameChange {
  name: string;
  failed?: Failed;
}

/** How a listed name stands. */
export interface NameReport {
  name: string;
  /** Whether its guest reaches it under synthetic addresses. */
  pinned?: true;
  /** What it stands for now. While it cannot be resolved these are its last good addresses, if they may still be used. */
  addresses: string[];
  /** How long they stay in the filter at least. */
  secondsLeft?: number;
  /** ISO time. */
  unresolvedSince?: string;
  code?: Failed['code'];
}

export interface NamesPlace {
  /** The words that lead into the machine’s namespace. */
  enter: readonly string[];
  /** The machine’s own. */
  subnets: Subnets;
  memory: NameMemory | undefined;
  tell: (changes: readonly NameChange[]) => Promise<void>;
  log: Log;
}

/** The names of a machine’s lists: what they stand for, kept in the filter’s sets whether the guest asks or not. */
export class ListedNames {
  readonly #place: NamesPlace;
  readonly #states: Map<string, NameState>;
  #filledAt = 0;
  #saved: string;

  private constructor(place: NamesPlace, states: Map<string, NameState>) {
    this.#place = place;
    this.#states = states;
    this.#saved = digestOf(states);
  }

  /** With the answers that an earlier service has kept. */
  static async open(place: NamesPlace): Promise<ListedNames> {
    return new ListedNames(place, (await place.memory?.read()) ?? new Map());
  }

  /**
   * Looks every name of both lists up and fills the sets of that digest, tells what changed and remembers it. Names not
   * yet looked up when `signal` fires keep what is known of them. Gives whether any resolver has answered.
   * @throws FILTER_FAILED when the sets are not there
   */
  async refresh(
    lists: AccessLists,
    digest: string,
    resolvers: readonly string[],
    signal: AbortSignal,
  ): Promise<boolean> {
    const names = [...new Set([...namesOf(lists.normal), ...namesOf(lists.restricted)])];
    const changes: NameChange[] = [];
    let isAnswered = false;
    await askAll(names, resolvers, signal, (name, answers) => {
      if (answers.v4 !== 'no-answer' || answers.v6 !== 'no-answer') isAnswered = true;
      const before = this.#states.get(name);
      const after = heard(before, answers, Date.now(), this.#place.subnets);
      this.#states.set(name, after);
      const failed = failureOf(after);
      const failedBefore = before && failureOf(before);
      if ((failed === undefined) !== (failedBefore === undefined))
        changes.push({ name, ...(failed ? { failed } : {}) });
    });
    await this.fill(lists, digest);
    this.#forget(new Set(names));
    await this.#save(changes);
    return isAnswered;
  }

  /** Writes what is known to the sets of that digest. @throws FILTER_FAILED when they are not there */
  async fill(lists: AccessLists, digest: string): Promise<void> {
    const now = Date.now();
    await refillSets(this.#place.enter, this.#known(lists, digest, now));
    await replaceElements(this.#place.enter, this.#ownContents(lists, digest, now));
    this.#filledAt = now;
  }

  /** The commands that write what is known to sets of that digest which are about to be made: they belong behind those that make them. */
  filling(lists: AccessLists, digest: string): string {
    const now = Date.now();
    this.#filledAt = now;
    return newElements(this.#known(lists, digest, now)) + replacing(this.#ownContents(lists, digest, now));
  }

  /** What each set is to hold, but for those that the service alone writes. */
  #known(lists: AccessLists, digest: string, now: number): Map<string, readonly string[]> {
    const filled = new Map<string, readonly string[]>();
    for (const key of ['normal', 'restricted'] as const) {
      const { mode } = lists[key];
      for (const [set, names] of Map.groupBy(nameSets(lists[key], key, digest), ([, set]) => set)) {
        const states = names.flatMap(([name]) => this.#states.get(name) ?? []);
        const of = (which: 'v4' | 'v6') => [...new Set(states.flatMap((state) => inUse(state[which], mode, now)))];
        filled.set(`${set}_4`, of('v4')).set(`${set}_6`, of('v6'));
      }
    }
    return filled;
  }

  /**
   * The answers that each list’s helper gives itself, only names of that list: pinned names’ synthetic addresses, and
   * of others the last good ones while the resolvers are away.
   */
  answers(lists: AccessLists): Record<ListKey, Map<string, readonly string[]>> {
    const now = Date.now();
    const synthetic = syntheticAddresses(lists);
    const of = (list: AccessList) => {
      if (list.mode === 'blacklist') return new Map<string, readonly string[]>();
      const found = namesOf(list).map((name) => {
        const own = synthetic.get(name);
        const state = this.#states.get(name);
        return [name, own ? pinnedAnswer(own, state, now) : state ? standIn(state, now) : []] as const;
      });
      return new Map(found.filter(([, addresses]) => addresses.length > 0));
    };
    return { normal: of(lists.normal), restricted: of(lists.restricted) };
  }

  report(lists: AccessLists): NameReport[] {
    const modes = Object.values(lists).flatMap((list) => namesOf(list).map((name) => [name, list.mode] as const));
    const pinned = new Set(Object.values(lists).flatMap(pinnedNames));
    return [...Map.groupBy(modes, ([name]) => name)].map(([name, ofName]) => ({
      ...this.#reportOf(name, ofName.some(([, mode]) => mode === 'blacklist') ? 'blacklist' : 'whitelist'),
      ...(pinned.has(name) ? { pinned: true } : {}),
    }));
  }

  known(name: string): readonly string[] {
    const state = this.#states.get(name);
    return state ? [...state.v4.addresses, ...state.v6.addresses] : [];
  }

  #reportOf(name: string, mode: AccessList['mode']): NameReport {
    const state = this.#states.get(name);
    if (!state) return { name, addresses: [] };
    const now = Date.now();
    const addresses = [state.v4, state.v6].flatMap((family) => inUse(family, mode, now));
    const secondsLeft = Math.max(0, Math.floor(NAME_TIMEOUT_S - (now - this.#filledAt) / 1000));
    const failed = failureOf(state);
    return {
      name,
      addresses,
      ...(addresses.length > 0 ? { secondsLeft } : {}),
      ...(failed ? { unresolvedSince: new Date(failed.since).toISOString(), code: failed.code } : {}),
    };
  }

  /** What the service alone writes: where pinned names lead, and what is around those that have bits behind them. */
  #ownContents(lists: AccessLists, digest: string, now: number): Content[] {
    const synthetic = syntheticAddresses(lists);
    const mappings = pinnedMappings(synthetic, this.#states, now);
    const map = ([4, 6] as const).map((family): Content => {
      return { kind: 'map', name: `${pinnedMap(digest)}_${family}`, elements: mappings[family] };
    });
    const wide = (['normal', 'restricted'] as const).flatMap((key) =>
      [...wideSets(lists[key], key, digest)].map(([name, names]): Content => {
        const around = names.flatMap((target) => this.#around(target, lists[key].mode, now));
        return { kind: 'set', name, elements: outermost(around) };
      }),
    );
    return [...(synthetic.size > 0 ? map : []), ...wide];
  }

  #around({ name, bits = 32 }: NameTarget, mode: AccessList['mode'], now: number): string[] {
    const state = this.#states.get(name);
    return state ? inUse(state.v4, mode, now).map((address) => subnetAround(address, bits)) : [];
  }

  #forget(listed: ReadonlySet<string>): void {
    const now = Date.now();
    for (const [name, { v4, v6 }] of this.#states) {
      if (listed.has(name)) continue;
      const isOld = now - Math.max(v4.answeredAt, v6.answeredAt) > KEEP_MS;
      if (isOld || this.#states.size > MAX_STATES) this.#states.delete(name);
    }
  }

  /** What cannot be told or written, as on a full disk, must not keep names from resolving. */
  async #save(changes: readonly NameChange[]): Promise<void> {
    const { memory, tell, log } = this.#place;
    try {
      if (changes.length > 0) await tell(changes);
      const digest = digestOf(this.#states);
      if (digest === this.#saved) return;
      await memory?.write(this.#states);
      this.#saved = digest;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      log.warn({ error: error.message }, 'the addresses of names cannot be saved');
    }
  }
}

/** Does something now and then until `signal` fires. */
export async function keepRefilled(
  refill: () => Promise<void>,
  everyMs: () => number,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await refill();
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      log.warn({ error: error.message }, 'cannot refill the sets of names');
    }
    await pause(everyMs(), signal);
  }
}

/** A minute for lists of a usual length; long ones leave the resolvers more peace. */
export function refreshEveryMs(lists: AccessLists): number {
  return Math.min(300_000, Math.max(60_000, (namesOf(lists.normal).length + namesOf(lists.restricted).length) * 100));
}

function namesOf({ entries }: AccessList): string[] {
  return [...new Set(entries.flatMap(({ target }) => (target.kind === 'name' ? [target.name] : [])))];
}

/** Whether there is something to write: the time of an answer counts by the hour, so that a disk is left in peace. */
export function digestOf(states: ReadonlyMap<string, NameState>): string {
  const hourly = (key: string, value: unknown) =>
    key === 'answeredAt' && typeof value === 'number' ? Math.floor(value / HOUR_MS) : value;
  return JSON.stringify([...states], hourly);
}
