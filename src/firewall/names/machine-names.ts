import type { AccessLists } from '../../quarantine/lists/access-list.ts';
import { answersAtAll, resolversNow } from '../../sys/names/resolver.ts';
import { networkNames } from '../addresses.ts';
import { enterNamespace } from '../machine/namespace.ts';
import type { NetworkOptions, ResolversReport } from '../machine/network-options.ts';
import { USUAL } from '../machine/own-subnets.ts';
import type { MachineRules } from '../machine/rules/ruleset.ts';
import { addHeld, heldIn } from '../machine/rules/set-elements.ts';
import { carriedNames } from './carried-names.ts';
import type { ListKey } from './dns-config.ts';
import { Forwarder } from './forwarder.ts';
import { heldNames } from './held-names.ts';
import type { HelperPlace } from './helper.ts';
import { type HelperState, MachineHelpers, type Served } from './helpers.ts';
import { keepRefilled, ListedNames, type NameReport, refreshEveryMs } from './names.ts';

/** How long a change of lists waits for names; what comes later is looked up when the guest asks. */
const REFILL_BEFORE_SWITCH_MS = 1000;
/** How long a resolver may take when it is asked whether it is there. */
const ANSWER_MS = 3000;

/** Lists, and the `listsDigest` that their sets in the kernel are named by. */
export interface LoadedLists {
  lists: AccessLists;
  digest: string;
}

/**
 * The names of one machine’s network: what those on its lists stand for, kept in the filter’s sets; the helpers that answer its
 * guest; and who is asked. Which lists are in force, and in what order things change, is its network’s to say.
 */
export class MachineNames {
  readonly #options: NetworkOptions;
  readonly #enter: readonly string[];
  readonly #helpers: MachineHelpers;
  readonly #listed: ListedNames;
  /** Who was asked last. */
  #asked: readonly string[] | undefined;
  #report: ResolversReport | undefined;
  /** What the helpers were told to answer themselves, as text. */
  #answers = '';
  #isServing = false;
  /** Packets pass. Before that nobody waits for the forwarder, which is started beside all else. */
  #isOpen = false;
  #refilling = Promise.resolve();

  private constructor(options: NetworkOptions, listed: ListedNames, helpers: MachineHelpers) {
    this.#options = options;
    this.#enter = enterNamespace(networkNames(options.id).namespace);
    this.#listed = listed;
    this.#helpers = helpers;
  }

  /** With the names as they were known last, before anything waits for a resolver. */
  static async open(
    options: NetworkOptions,
    forwarder: Forwarder | undefined,
    { isNew }: { isNew: boolean },
  ): Promise<MachineNames> {
    const {
      id,
      mac,
      furtherMacs = [],
      ipv6 = false,
      memory,
      tellNames: tell = async () => undefined,
      log,
      own = USUAL,
    } = options;
    const enter = enterNamespace(networkNames(id).namespace);
    const listed = await ListedNames.open({ enter, subnets: own.subnets, memory, tell, log });
    const guest = { macs: [mac, ...furtherMacs], ipv6, subnets: own.subnets };
    const helpers = new MachineHelpers(helperPlace(options), guest, { forwarder, isNew });
    return new MachineNames(options, listed, helpers);
  }

  /** Whether the helpers serve the lists that are loaded, so that the guest’s questions may be let through to them. */
  get isServing(): boolean {
    return this.#isServing;
  }

  helperStates(): HelperState[] {
    return this.#helpers.states();
  }

  /** Undefined until names were looked up for the first time. */
  get resolvers(): ResolversReport | undefined {
    return helperOf(this.#options) ? this.#report : { addresses: [] };
  }

  report(lists: AccessLists): NameReport[] {
    return this.#listed.report(lists);
  }

  /** The addresses that a list’s names are reached under, as the kernel has them, where the packets meet them. @throws FILTER_FAILED */
  held({ lists, digest }: LoadedLists, list: ListKey): Promise<Map<string, string[]>> {
    return heldNames(this.#enter, { lists, list, digest }, (name) => this.#listed.known(name));
  }

  /** Fills the sets of lists that are about to be in force. From then on nobody serves until `serve`. @throws FILTER_FAILED */
  async prepare(loaded: LoadedLists): Promise<void> {
    const { lists, digest } = loaded;
    const resolvers = await this.#resolversNow();
    await this.#listed.refresh(lists, digest, resolvers, AbortSignal.timeout(REFILL_BEFORE_SWITCH_MS));
    await this.carryOver(loaded);
    this.#isServing = false;
  }

  /** Gives the sets of new lists what the helpers alone have answered for names that are on them too. */
  async carryOver({ lists, digest }: LoadedLists): Promise<void> {
    const written = await this.#helpers.written();
    const held = await heldIn(this.#enter, [...written.keys()]);
    const known = (name: string) => this.#listed.known(name);
    await addHeld(this.#enter, carriedNames({ written, held, known }, lists, digest));
  }

  endHelpers(): Promise<void> {
    return this.#helpers.end();
  }

  /** Has the helpers serve lists: those run that should. @throws NETWORK_FAILED */
  async serve({ lists, digest }: LoadedLists): Promise<void> {
    const served: Served = { lists, digest, answers: this.#listed.answers(lists) };
    await this.#helpers.adopt(served);
    await this.#helpers.start(served);
    if (this.#isOpen) await this.#helpers.startForwarder();
    this.#answers = textOf(served.answers);
    this.#isServing = true;
  }

  /** Sees to it that whom the helpers ask runs, and waits for it, now and from then on: packets are about to pass. @throws NETWORK_FAILED */
  async startForwarder(): Promise<void> {
    await this.#helpers.startForwarder();
    this.waitForForwarder();
  }

  /** Packets pass already: from now on the forwarder is waited for. */
  waitForForwarder(): void {
    this.#isOpen = true;
  }

  /** Forgets what other resolvers have answered. */
  async followResolvers(): Promise<void> {
    const before = this.#asked;
    if ((await this.#resolversNow()).join() !== before?.join()) this.#helpers.forgetAnswers();
  }

  /** Writes what is known already, so that no list waits for a resolver that is away. @throws FILTER_FAILED */
  fill({ lists, digest }: LoadedLists): Promise<void> {
    return this.#listed.fill(lists, digest);
  }

  /** The commands that do so in sets which are about to be made. */
  filling({ lists, digest }: LoadedLists): string {
    return this.#listed.filling(lists, digest);
  }

  /** Looks all names up, at once and from then on; what is made first must not wait for it. `serve` is called when their answers changed. */
  keepRefilled(loaded: () => LoadedLists, serve: () => Promise<void>, signal: AbortSignal): void {
    const { log, refreshMs } = this.#options;
    const everyMs = () => refreshMs ?? refreshEveryMs(loaded().lists);
    this.#refilling = keepRefilled(() => this.#refresh(loaded, serve, signal), everyMs, log, signal);
  }

  /** Waits for what is being started or looked up behind the back of whoever clears up. */
  async settled(): Promise<void> {
    await this.#helpers.settled();
    await this.#refilling;
  }

  async #refresh(loaded: () => LoadedLists, serve: () => Promise<void>, signal: AbortSignal): Promise<void> {
    const resolvers = await this.#resolversNow();
    const { lists, digest } = loaded();
    const isAnswered = await this.#listed.refresh(lists, digest, resolvers, signal);
    if (signal.aborted) return;
    await this.#noteResolvers(isAnswered || (await answersAtAll(resolvers, ANSWER_MS)));
    if (signal.aborted || textOf(this.#listed.answers(loaded().lists)) === this.#answers) return;
    await serve();
  }

  async #noteResolvers(isAnswering: boolean): Promise<void> {
    const { resolvers, shownResolvers = resolvers } = this.#options;
    const addresses = [...(await resolversNow(shownResolvers))];
    const silentSince = this.#report?.silentSince ?? new Date().toISOString();
    this.#report = { addresses, ...(isAnswering || addresses.length === 0 ? {} : { silentSince }) };
  }

  async #resolversNow(): Promise<readonly string[]> {
    this.#asked = await resolversNow(this.#options.resolvers);
    return this.#asked;
  }
}

/** Whom the helpers ask; nobody where they may not ask. */
export function forwarderOf(options: NetworkOptions, { isNew = false } = {}): Forwarder | undefined {
  return helperOf(options) && new Forwarder(helperPlace(options), options.resolvers, isNew);
}

/** Who may ask for names; nobody when QEMU’s user would be the same. */
export function helperOf({ uid, dnsUid }: NetworkOptions): MachineRules['helper'] {
  return uid === dnsUid ? undefined : { uid: dnsUid };
}

function helperPlace({ id, dnsUid, runFolder }: NetworkOptions): HelperPlace {
  return { namespace: networkNames(id).namespace, uid: dnsUid, folder: runFolder };
}

function textOf({ normal, restricted }: Served['answers']): string {
  return JSON.stringify([[...normal], [...restricted]]);
}
