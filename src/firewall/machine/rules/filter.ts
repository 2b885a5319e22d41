import { AppError } from '../../../lib/errors.ts';
import { Turns } from '../../../lib/turns.ts';
import type { AccessMode } from '../../../quarantine/access-mode.ts';
import type { AccessLists } from '../../../quarantine/lists/access-list.ts';
import type { Log } from '../../../sys/log.ts';
import { listed, loadRules, NftSession, transactSlowly } from '../../nft.ts';
import { listRules, listsDigest } from './list-rules.ts';
import { type Enforced, switchTransaction } from './ruleset.ts';

const MAX_GENERATION = 0xffff_ffff;
const UNREAD: Enforced = { mode: 'refuse', generation: 0, lists: '' };

/** The words that lead into a machine’s namespace, and what cuts the machine off when its rules no longer obey. */
export interface FilterPlace {
  enter: readonly string[];
  cutOff: () => Promise<void>;
  log: Log;
}

/**
 * The packet filter of one machine as the kernel has it. Every change is one transaction that is read back before it
 * counts; calls wait for each other. A change that cannot be proven ends in mode `refuse` and is thrown as FILTER_FAILED.
 */
export class MachineFilter implements AsyncDisposable {
  readonly #enter: readonly string[];
  readonly #cutOff: () => Promise<void>;
  readonly #log: Log;
  #enforced: Enforced;
  #session: NftSession | undefined;
  readonly #turns = new Turns();

  private constructor({ enter, cutOff, log }: FilterPlace, enforced: Enforced) {
    this.#enter = enter;
    this.#cutOff = cutOff;
    this.#log = log;
    this.#enforced = enforced;
  }

  /**
   * Takes over what the kernel enforces; `loaded` are its lists where they are known, as they are of rules that were loaded just now.
   * @throws FILTER_FAILED when that cannot be told
   */
  static async adopt(place: FilterPlace, loaded?: AccessLists): Promise<MachineFilter> {
    await using opened = new AsyncDisposableStack();
    const filter = opened.use(new MachineFilter(place, UNREAD));
    const enforced = await filter.#transact([]);
    const lists = enforced.lists || (loaded ? listsDigest(loaded) : await loadedLists(place.enter));
    filter.#enforced = { ...enforced, lists };
    opened.move();
    return filter;
  }

  get enforced(): Enforced {
    return this.#enforced;
  }

  /** Switches, and judges every flow anew. @throws FILTER_FAILED */
  switchTo(mode: AccessMode, names: boolean): Promise<Enforced> {
    return this.#turns.take(() => this.#enforce({ ...this.#next(), mode }, names));
  }

  /** Lets the guest’s questions for names through, or not, and leaves the rest as it is. @throws FILTER_FAILED */
  setNames(names: boolean): Promise<Enforced> {
    return this.#turns.take(() => this.#enforce(this.#enforced, names));
  }

  /**
   * Puts other lists in force. They are loaded beside the old ones, which may take a while and lets switches pass,
   * `prepare` may fill them, and one transaction then names them. The guest’s questions for names are held back until `setNames`.
   * One such change at a time. The old ones are still there, for `removeOldLists`.
   * @throws FILTER_FAILED
   */
  async changeLists(lists: AccessLists, prepare: (digest: string) => Promise<void>): Promise<Enforced> {
    const old = this.#enforced.lists;
    const digest = listsDigest(lists);
    if (digest === old) return this.#enforced;
    await this.#removeAllBut(old);
    await loadRules(this.#enter, listRules(lists, digest));
    await prepare(digest);
    return this.#turns.take(() => this.#enforce({ ...this.#next(), lists: digest }, false));
  }

  /** Removes the lists that were in force before. @throws FILTER_FAILED */
  removeOldLists(): Promise<void> {
    return this.#removeAllBut(this.#enforced.lists);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#turns.take(async () => {
      await this.#session?.[Symbol.asyncDispose]();
      this.#session = undefined;
    });
  }

  #next(): Enforced {
    const { generation } = this.#enforced;
    return { ...this.#enforced, generation: generation >= MAX_GENERATION ? 1 : generation + 1 };
  }

  async #enforce(wanted: Enforced, names: boolean): Promise<Enforced> {
    try {
      const found = await this.#transact(switchTransaction(wanted, names));
      if (!isSame(found, wanted))
        throw new AppError('FILTER_FAILED', 'the kernel does not enforce what it was told', { details: { found } });
    } catch (cause) {
      await this.#refuse(wanted.generation);
      throw new AppError('FILTER_FAILED', 'the switch could not be proven, so the machine is closed', { cause });
    }
    this.#enforced = wanted;
    return wanted;
  }

  /** The long-lived nft first; when it has died or does not answer, a program for this one transaction. */
  async #transact(commands: readonly string[]): Promise<Enforced> {
    try {
      if (this.#session?.hasEnded !== false) this.#session = await NftSession.start(this.#enter);
      return await this.#session.transact(commands);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      this.#log.warn({ error: error.message }, 'the long-lived nft failed');
    }
    await this.#session?.[Symbol.asyncDispose]();
    this.#session = undefined;
    return transactSlowly(this.#enter, commands);
  }

  /** Closes the machine; where not even that can be proven, its way out is cut. */
  async #refuse(failedGeneration: number): Promise<void> {
    const generation = (failedGeneration % MAX_GENERATION) + 1;
    const refused: Enforced = { mode: 'refuse', generation, lists: this.#enforced.lists };
    this.#enforced = refused;
    try {
      if (isSame(await transactSlowly(this.#enter, switchTransaction(refused, false)), refused)) return;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      this.#log.error({ error: error.message }, 'the packet filter cannot be closed');
    }
    await this.#cutOff();
  }

  /** Removes the lists that are not in force, whoever left them there. */
  async #removeAllBut(digest: string): Promise<void> {
    const chains = await listNames(this.#enter, 'chain', digest);
    const sets = await listNames(this.#enter, 'set', digest);
    const maps = await listNames(this.#enter, 'map', digest);
    const commands = [
      ...chains.map((name) => `flush chain inet lazaret ${name}`),
      ...chains.map((name) => `delete chain inet lazaret ${name}`),
      ...sets.map((name) => `delete set inet lazaret ${name}`),
      ...maps.map((name) => `delete map inet lazaret ${name}`),
    ];
    if (commands.length > 0) await loadRules(this.#enter, `${commands.join('\n')}\n`);
  }
}

/** The chains, sets or maps of all lists but those with that digest. */
async function listNames(enter: readonly string[], kind: 'chain' | 'set' | 'map', digest: string): Promise<string[]> {
  const text = await listed(enter, [`${kind}s`, 'inet'], true);
  const names = text.matchAll(/^\t(?:chain|set|map) ((?:normal|restricted|pinned)_([0-9a-f]{8})\w*) \{/gm);
  return [...names].flatMap(([, name = '', ofLists]) => (ofLists === digest ? [] : [name]));
}

/** In mode `refuse` no rule names the lists; then their chains do. */
async function loadedLists(enter: readonly string[]): Promise<string> {
  const text = await listed(enter, ['chains', 'inet'], true);
  const digest = /chain normal_([0-9a-f]{8}) /.exec(text)?.[1];
  if (!digest) throw new AppError('FILTER_FAILED', 'the machine’s lists are not loaded');
  return digest;
}

function isSame(a: Enforced, b: Enforced): boolean {
  return a.mode === b.mode && a.generation === b.generation && (a.mode === 'refuse' || a.lists === b.lists);
}
