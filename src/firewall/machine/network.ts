import { AppError } from '../../lib/errors.ts';
import { Turns } from '../../lib/turns.ts';
import type { AccessMode } from '../../quarantine/access-mode.ts';
import type { AccessLists } from '../../quarantine/lists/access-list.ts';
import { type Clash, chooseSubnets } from '../../quarantine/subnets.ts';
import { answersAtAll, resolversNow } from '../../sys/network/resolver.ts';
import { checkMac, checkResolvers, checkUsers, guestAddresses, type NetworkNames, networkNames } from '../addresses.ts';
import { carriedNames } from '../names/carried-names.ts';
import type { ListKey } from '../names/dns-config.ts';
import { Forwarder } from '../names/forwarder.ts';
import { heldNames } from '../names/held-names.ts';
import type { HelperPlace } from '../names/helper.ts';
import { MachineHelpers, type Served } from '../names/helpers.ts';
import { keepRefilled, ListedNames, type NameReport, refreshEveryMs } from '../names/names.ts';
import { listed, loadRules } from '../nft.ts';
import { type Denied, deniedDestinations } from './denied.ts';
import { type FilterPlace, MachineFilter } from './filter.ts';
import type { Stopper } from './foreign-rules.ts';
import type { HostChange } from './forwarding.ts';
import { hasIpv6Routes } from './forwarding-ipv6.ts';
import { askGuest, hasAnswered } from './guest-address.ts';
import {
  connectNamespace,
  createNamespace,
  enterNamespace,
  isForwarding,
  namespaceHasIpv6,
  presentNamespaces,
  raiseLoopback,
  setForwarding,
} from './namespace.ts';
import type { NetworkOptions, NetworkState, ResolversReport, Switched } from './network-options.ts';
import { Clashes, type OwnSubnets, USUAL } from './own-subnets.ts';
import { clearUp, removeLeftover, removeNetwork } from './remove-network.ts';
import { computerTransaction, loopbackTransaction, type MachineRules, ruleset } from './ruleset.ts';
import { addHeld, heldIn } from './set-elements.ts';

/** How long a change of lists waits for names; what comes later is looked up when the guest asks. */
const REFILL_BEFORE_SWITCH_MS = 1000;
/** How long a resolver may take when it is asked whether it is there. */
const ANSWER_MS = 3000;

interface Parts {
  filter: MachineFilter;
  listed: ListedNames;
  forwarder: Forwarder | undefined;
}

/**
 * The network of one machine: a namespace with its packet filter, its helpers, and an uplink to the namespace that the
 * service runs in. It outlives the service (`detach`, then `adopt`); `close` removes it. quarantine-network §2.
 */
export class MachineNetwork implements AsyncDisposable {
  /** The words before a command that is to run inside, such as QEMU’s. */
  readonly enter: readonly string[];
  readonly #options: NetworkOptions;
  readonly #names: NetworkNames;
  readonly #filter: MachineFilter;
  readonly #helpers: MachineHelpers;
  readonly #listed: ListedNames;
  #lists: AccessLists;
  /** Who was asked last. */
  #asked: readonly string[] | undefined;
  #resolversReport: ResolversReport | undefined;
  /** Whether the helpers serve the lists that are loaded, so that the guest’s questions may be let through to them. */
  #helpersServe = false;
  /** Whether packets pass. Before that nobody waits for the forwarder, which is started beside all else. */
  #isOpen = false;
  /** What the helpers were told to answer themselves, as text. */
  #answers = '';
  readonly #changes = new Turns();
  readonly #detached = new AbortController();
  #refilling = Promise.resolve();
  readonly #unfollow: () => Promise<void>;
  /** What it is made of. */
  readonly own: OwnSubnets;
  readonly #clashes: Clashes;

  private constructor(options: NetworkOptions, { filter, listed, forwarder }: Parts) {
    const { mac, ipv6 = false, own = USUAL } = options;
    this.#options = options;
    this.own = own;
    this.#clashes = new Clashes(own.subnets, ipv6, (clash) => options.tellClash?.(clash));
    this.#names = networkNames(options.id);
    this.enter = enterNamespace(this.#names.namespace);
    this.#filter = filter;
    this.#listed = listed;
    this.#helpers = new MachineHelpers(helperPlace(options), { mac, ipv6, subnets: own.subnets }, forwarder);
    this.#lists = options.lists;
    this.#unfollow = options.host.follow((change) => void this.#hostChanged(change));
  }

  /**
   * Makes the network in mode `refuse`, its helpers ready, nothing forwarded yet. A failure leaves nothing behind.
   * @throws NETWORK_FAILED, FILTER_FAILED, PROGRAM_MISSING, SUBNETS_TAKEN
   */
  static async open(asked: NetworkOptions): Promise<MachineNetwork> {
    checkMac(asked.mac);
    checkUsers(asked);
    if ('addresses' in asked.resolvers) checkResolvers(asked.resolvers.addresses);
    const ipv6 = asked.ipv6 === true && (await hasIpv6Routes());
    const { addresses: computer, taken } = await asked.host.links();
    const own = chooseSubnets(taken, ipv6);
    const options = { ...asked, ipv6, own, subnets: own.subnets };
    const names = networkNames(options.id);
    await removeLeftover(names);
    await using undo = new AsyncDisposableStack();
    undo.defer(() => clearUp(options.id, options.host, options.log));
    await createNamespace(names, options);
    // Now that the uplink is there: whoever else takes the computer’s part away sees that it is needed.
    await options.host.prepare(names.uplink, options.ipv6);
    const forwarder = forwarderOf(options);
    undo.defer(() => forwarder?.settled());
    forwarder?.serve().catch(() => undefined);
    await loadRules(enterNamespace(names.namespace), ruleset({ ...options, computer, helper: helperOf(options) }));
    await options.host.admit(names.uplink, options.ipv6);
    await connectNamespace(names, options);
    const network = await MachineNetwork.#takeOver(options, forwarder);
    undo.defer(() => network.detach());
    await network.#fillNames({ areNew: true });
    await network.startHelpers();
    network.#keepRefilled();
    undo.move();
    return network;
  }

  /**
   * Takes over the network of a machine that runs, after a restart of the service. What is enforced stays; where the
   * lists are others now, they are put in force, and helpers that died are started again.
   * @throws NETWORK_FAILED when it is not there, FILTER_FAILED when its rules are not as they should be
   */
  static async adopt(asked: NetworkOptions): Promise<MachineNetwork> {
    const { namespace } = networkNames(asked.id);
    if (!(await presentNamespaces()).includes(namespace))
      throw new AppError('NETWORK_FAILED', `the machine’s namespace ${namespace} has gone`);
    const { subnets } = asked.own ?? USUAL;
    const options = { ...asked, ipv6: await namespaceHasIpv6(namespace, subnets) };
    await using undo = new AsyncDisposableStack();
    const network = await MachineNetwork.#takeOver(options, forwarderOf(options));
    undo.defer(() => network.detach());
    network.#isOpen = true;
    await network.#addLoopback();
    await network.changeLists(options.lists);
    await network.#fillNames();
    await network.followHost();
    network.#keepRefilled();
    undo.move();
    return network;
  }

  /** With the names as they were known last, before anything waits for a resolver. */
  static async #takeOver(options: NetworkOptions, forwarder: Forwarder | undefined): Promise<MachineNetwork> {
    const place = filterPlace(options);
    const { memory, tellNames: tell = async () => undefined, log, own = USUAL } = options;
    const listed = await ListedNames.open({ enter: place.enter, subnets: own.subnets, memory, tell, log });
    return new MachineNetwork(options, { filter: await MachineFilter.adopt(place), listed, forwarder });
  }

  /**
   * Switches and returns once the kernel was read back. Flows that the new mode does not allow are cut at their next packet.
   * @throws FILTER_FAILED; the machine is in mode `refuse` then
   */
  async switchTo(mode: AccessMode): Promise<Switched> {
    const started = performance.now();
    const { generation } = await this.#filter.switchTo(mode, this.#helpersServe);
    return { mode, generation, durationMs: performance.now() - started };
  }

  /**
   * Puts other lists in force, in the mode that is. Names that only the new lists name resolve once the helpers have
   * been started again, which happens before this returns; access is enforced before that.
   * @throws FILTER_FAILED (the old lists hold, or mode `refuse`), NETWORK_FAILED (the new lists hold, no name resolves)
   */
  changeLists(lists: AccessLists): Promise<Switched> {
    return this.#changes.take(async () => {
      const started = performance.now();
      const before = this.#filter.enforced;
      const enforced = await this.#filter.changeLists(lists, async (digest) => {
        await this.#listed.refresh(
          lists,
          digest,
          await this.#resolversNow(),
          AbortSignal.timeout(REFILL_BEFORE_SWITCH_MS),
        );
        await this.#carryOver(lists, digest);
        this.#helpersServe = false;
      });
      const durationMs = performance.now() - started;
      this.#lists = lists;
      if (enforced.lists !== before.lists) {
        await this.#helpers.end();
        // What they answered while the lists were switched.
        await this.#carryOver(lists, enforced.lists);
        await this.#filter.removeOldLists();
        await this.#serveNames();
      }
      return { ...enforced, durationMs };
    });
  }

  /** Starts the helpers that do not run. @throws NETWORK_FAILED with what dnsmasq said */
  startHelpers(): Promise<void> {
    return this.#changes.take(() => this.#serveNames());
  }

  /**
   * To be called when the computer may have moved to another network: its own rules stand, packets pass through the
   * interfaces there are now, and what other resolvers have answered is forgotten. Access stays as it is.
   * @throws NETWORK_FAILED, FILTER_FAILED
   */
  followHost(): Promise<void> {
    return this.#changes.take(async () => {
      await this.#options.host.prepare(this.#names.uplink, this.#options.ipv6);
      const { addresses, taken } = await this.#options.host.links();
      await loadRules(this.enter, `${computerTransaction(addresses).join('\n')}\n`);
      this.#clashes.look(taken);
      await this.#serveNames();
      const before = this.#asked;
      if ((await this.#resolversNow()).join() !== before?.join()) this.#helpers.forgetAnswers();
    });
  }

  /** What has come up on the computer where the machine’s subnets are: the machine does not reach it. */
  get clashes(): Clash[] {
    return this.#clashes.found;
  }

  /** Gives a network that an older service made the helpers’ way to their forwarder. */
  async #addLoopback(): Promise<void> {
    if ((await listed(this.enter, ['chain', 'inet', 'lazaret', 'output'])).includes('oifname "lo"')) return;
    await loadRules(this.enter, `${loopbackTransaction(helperOf(this.#options)).join('\n')}\n`);
    await raiseLoopback(this.#names.namespace);
  }

  async #resolversNow(): Promise<readonly string[]> {
    this.#asked = await resolversNow(this.#options.resolvers);
    return this.#asked;
  }

  /** Lets the namespace forward what the rules allow; to be called once access has been decided. @throws NETWORK_FAILED */
  async openForwarding(): Promise<void> {
    const { ipv6 = false } = this.#options;
    await this.#helpers.startForwarder();
    this.#isOpen = true;
    await setForwarding(this.#names.namespace, true, ipv6);
    if (!(await isForwarding(this.#names.namespace, ipv6)))
      throw new AppError('NETWORK_FAILED', 'the machine’s namespace does not forward');
  }

  /** Who stops on this computer what the machine sends. */
  get stopper(): Stopper | undefined {
    return this.#options.host.stopperOf(this.#names.uplink);
  }

  /** Whether the guest has IPv6. */
  get hasIpv6(): boolean {
    return this.#options.ipv6 === true;
  }

  state(): NetworkState {
    const resolves = helperOf(this.#options) !== undefined;
    return { ...this.#filter.enforced, helpers: this.#helpers.states(), resolves };
  }

  /** Undefined until names were looked up for the first time. */
  get resolvers(): ResolversReport | undefined {
    return helperOf(this.#options) ? this.#resolversReport : { addresses: [] };
  }

  /** How the names of the lists stand. */
  names(): NameReport[] {
    return this.#listed.report(this.#lists);
  }

  /** The addresses that a list’s names are reached under, as the kernel has them, where the packets meet them. @throws FILTER_FAILED */
  namedAddresses(list: ListKey): Promise<Map<string, string[]>> {
    const { lists: digest } = this.#filter.enforced;
    return heldNames(this.enter, { lists: this.#lists, list, digest }, (name) => this.#listed.known(name));
  }

  /** How the guest is asked whether it has its address. */
  guestLink(): { ask: () => Promise<void>; hasAnswered: () => Promise<boolean> } {
    const { namespace } = this.#names;
    const { guest } = guestAddresses(this.own.subnets);
    return {
      ask: () => askGuest(namespace, guest, this.#options.mac),
      hasAnswered: () => hasAnswered(namespace, guest),
    };
  }

  /** What the guest was refused lately. @throws FILTER_FAILED */
  denied(): Promise<Denied[]> {
    return deniedDestinations(this.enter);
  }

  /** Leaves the network as it is and lets go of it, for a service that ends before its machines do. */
  async detach(): Promise<void> {
    this.#detached.abort();
    await this.#unfollow();
    await this.#changes.take(async () => undefined);
    await this.#helpers.settled();
    await this.#refilling;
    await this.#filter[Symbol.asyncDispose]();
  }

  /** Removes the network. QEMU should have ended by now: what is left of it loses its network. @throws NETWORK_FAILED */
  async close(): Promise<void> {
    await this.detach();
    await removeNetwork(this.#options.id, this.#options.host);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #hostChanged(change: HostChange): Promise<void> {
    const { tellHost, log } = this.#options;
    if (change !== 'changed') tellHost?.(change);
    try {
      if (!this.#detached.signal.aborted) await this.followHost();
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      if (!this.#detached.signal.aborted) log.warn({ error: error.message }, 'cannot follow the computer’s network');
    }
  }

  async #serveNames(): Promise<void> {
    const served = this.#served();
    await this.#helpers.adopt(served);
    await this.#helpers.start(served);
    if (this.#isOpen) await this.#helpers.startForwarder();
    this.#answers = textOf(served.answers);
    this.#helpersServe = true;
    await this.#filter.setNames(true);
  }

  /** Gives the sets of new lists what the helpers alone have answered for names that are on them too. */
  async #carryOver(lists: AccessLists, digest: string): Promise<void> {
    const written = await this.#helpers.written();
    const held = await heldIn(this.enter, [...written.keys()]);
    const known = (name: string) => this.#listed.known(name);
    await addHeld(this.enter, carriedNames({ written, held, known }, lists, digest));
  }

  async #noteResolvers(isAnswering: boolean): Promise<void> {
    const { resolvers, shownResolvers = resolvers } = this.#options;
    const addresses = [...(await resolversNow(shownResolvers))];
    const silentSince = this.#resolversReport?.silentSince ?? new Date().toISOString();
    this.#resolversReport = { addresses, ...(isAnswering || addresses.length === 0 ? {} : { silentSince }) };
  }

  #served(): Served {
    const lists = this.#lists;
    return { lists, digest: this.#filter.enforced.lists, answers: this.#listed.answers(lists) };
  }

  /** What is known already, so that no list waits for a resolver that is away. */
  #fillNames(sets: { areNew?: boolean } = {}): Promise<void> {
    return this.#listed.fill(this.#lists, this.#filter.enforced.lists, sets);
  }

  /** Looks all names up, at once and from then on; what is made first must not wait for it. */
  #keepRefilled(): void {
    const { signal } = this.#detached;
    const { log, refreshMs } = this.#options;
    const everyMs = () => refreshMs ?? refreshEveryMs(this.#lists);
    this.#refilling = keepRefilled(() => this.#refreshNames(signal), everyMs, log, signal);
  }

  async #refreshNames(signal: AbortSignal): Promise<void> {
    const resolvers = await this.#resolversNow();
    const isAnswered = await this.#listed.refresh(this.#lists, this.#filter.enforced.lists, resolvers, signal);
    if (signal.aborted) return;
    await this.#noteResolvers(isAnswered || (await answersAtAll(resolvers, ANSWER_MS)));
    if (signal.aborted || textOf(this.#listed.answers(this.#lists)) === this.#answers) return;
    await this.#changes.take(() => this.#serveNames());
  }
}

function textOf({ normal, restricted }: Served['answers']): string {
  return JSON.stringify([[...normal], [...restricted]]);
}

function filterPlace({ id, log }: NetworkOptions): FilterPlace {
  const { namespace } = networkNames(id);
  return { enter: enterNamespace(namespace), cutOff: () => setForwarding(namespace, false), log };
}

function helperPlace({ id, dnsUid, runFolder }: NetworkOptions): HelperPlace {
  return { namespace: networkNames(id).namespace, uid: dnsUid, folder: runFolder };
}

/** Whom the helpers ask; nobody where they may not ask. */
function forwarderOf(options: NetworkOptions): Forwarder | undefined {
  return helperOf(options) && new Forwarder(helperPlace(options), options.resolvers);
}

/** Who may ask for names; nobody when QEMU’s user would be the same. */
function helperOf({ uid, dnsUid }: NetworkOptions): MachineRules['helper'] {
  return uid === dnsUid ? undefined : { uid: dnsUid };
}
