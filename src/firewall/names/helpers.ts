import type { AccessLists } from '../../quarantine/lists/access-list.ts';
import { hangUp, isRunning, type ProcessId } from '../../sys/programs/processes.ts';
import { type Guest, helperConfig, type ListKey, type WrittenSet, writtenSets } from './dns-config.ts';
import type { Forwarder } from './forwarder.ts';
import { endHelpers, type HelperPlace, helperProcesses, startHelper, toldLast } from './helper.ts';

const LISTS: readonly ListKey[] = ['normal', 'restricted'];

/** What both helpers are told. */
export interface Served {
  lists: AccessLists;
  /** `listsDigest` of the lists. */
  digest: string;
  /** What each answers itself. */
  answers: Record<ListKey, ReadonlyMap<string, readonly string[]>>;
}

/** A helper that should run, and whether it does. */
export interface HelperState {
  /** The list it serves; the one of the normal list also gives the guest its address. */
  list: ListKey;
  process: ProcessId | undefined;
  isRunning: boolean;
}

/** The helpers of one machine, one a list, so that a switch of lists only has to send the guest’s questions to the other. */
export class MachineHelpers {
  readonly #place: HelperPlace;
  readonly #guest: Guest;
  readonly #forwarder: Forwarder | undefined;
  readonly #running = new Map<ListKey, ProcessId>();
  /** The namespace was made just now: no service has started any in it. */
  #isNew: boolean;

  /** Without a forwarder no name resolves. */
  constructor(place: HelperPlace, guest: Guest, has: { forwarder: Forwarder | undefined; isNew: boolean }) {
    this.#place = place;
    this.#guest = guest;
    this.#forwarder = has.forwarder;
    this.#isNew = has.isNew;
  }

  states(): HelperState[] {
    return LISTS.map((list) => {
      const process = this.#running.get(list);
      return { list, process, isRunning: process !== undefined && isRunning(process) };
    });
  }

  /**
   * Starts those that do not run, and begins to start whom they ask: `startForwarder` says how that went.
   * @throws NETWORK_FAILED with what dnsmasq said
   */
  async start(served: Served): Promise<void> {
    this.#forwarder?.serve().catch(() => undefined);
    const missing = this.states().filter(({ isRunning }) => !isRunning);
    const starting = missing.map(async ({ list }) => {
      this.#running.set(list, await startHelper(this.#place, list, this.#config(list, served)));
    });
    // All of them are waited for, so that none is started behind the back of whoever clears up after a failure.
    const failed = (await Promise.allSettled(starting)).find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
  }

  /** Sees to it that whom they ask runs, and waits for it. @throws NETWORK_FAILED */
  async startForwarder(): Promise<void> {
    await this.#forwarder?.serve();
  }

  /** Waits for what is being started behind the back of whoever clears up. */
  async settled(): Promise<void> {
    await this.#forwarder?.settled();
  }

  /**
   * Takes over those that an earlier service started; one that was told something else ends. So does what one has forked
   * that has gone itself: it holds the port.
   */
  async adopt(served: Served): Promise<void> {
    const found = this.#isNew ? [] : await helperProcesses(this.#place.namespace);
    this.#isNew = false;
    for (const list of LISTS) {
      const ofList = found.filter((each) => each.list === list);
      const started = ofList.find(({ isForked }) => !isForked)?.id;
      if (started && (await toldLast(this.#place, list)) === this.#config(list, served))
        this.#running.set(list, started);
      else await endHelpers(ofList);
    }
  }

  /** The sets that they were told to write last, also by an earlier service. */
  async written(): Promise<Map<string, WrittenSet>> {
    const configs = await Promise.all(LISTS.map((list) => toldLast(this.#place, list)));
    return writtenSets(configs.filter((config) => config !== undefined));
  }

  /** Has them forget what they were answered, and loses no question. */
  forgetAnswers(): void {
    for (const process of this.#running.values()) hangUp(process);
  }

  async end(): Promise<void> {
    await endHelpers(await helperProcesses(this.#place.namespace));
    this.#running.clear();
  }

  #config(list: ListKey, { answers, ...served }: Served): string {
    const isForwarded = this.#forwarder !== undefined;
    return helperConfig({ list, ...this.#guest, ...served, isForwarded, answers: answers[list] });
  }
}
