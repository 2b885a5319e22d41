import { AppError } from '../../lib/errors.ts';
import { Turns } from '../../lib/turns.ts';
import type { AccessMode } from '../../quarantine/access-mode.ts';
import type { AccessLists } from '../../quarantine/lists/access-list.ts';
import { type Clash, chooseSubnets } from '../../quarantine/subnets.ts';
import type { Log } from '../../sys/log.ts';
import { checkMac, checkResolvers, checkUsers, guestAddresses, type NetworkNames, networkNames } from '../addresses.ts';
import { carriedNames } from '../names/carried-names.ts';
import type { ListKey } from '../names/dns-config.ts';
import { heldNames } from '../names/held-names.ts';
import { type HelperState, MachineHelpers, type Served } from '../names/helpers.ts';
import {
  keepRefilled,
  ListedNames,
  type NameChange,
  type NameMemory,
  type NameReport,
  refreshEveryMs,
} from '../names/names.ts';
import { loadRules } from '../nft.ts';
import { type Denied, deniedDestinations } from './denied.ts';
import { type FilterPlace, MachineFilter } from './filter.ts';
import type { Stopper } from './foreign-rules.ts';
import type { HostChange, HostNetwork } from './forwarding.ts';
import { hasIpv6Routes } from './forwarding-ipv6.ts';
import { askGuest, hasAnswered } from './guest-address.ts';
import {
  connectNamespace,
  createNamespace,
  enterNamespace,
  isForwarding,
  namespaceHasIpv6,
  presentNamespaces,
  setForwarding,
} from './namespace.ts';
import { Clashes, type OwnSubnets, USUAL } from './own-subnets.ts';
import { clearUp, removeLeftover, removeNetwork } from './remove-network.ts';
import { computerTransaction, type MachineRules, ruleset, uplinkTransaction } from './ruleset.ts';
import { addHeld, heldIn } from './set-elements.ts';

/** How long a change of lists waits for names; what comes later is looked up when the guest asks. */
const REFILL_BEFORE_SWITCH_MS = 1000;

/** What a machine’s network is made of. */
export interface NetworkOptions {
  /** Tells this machine from all others on this computer. */
  id: string;
  /** 0 to 16383, one a running machine: its uplink’s addresses. */
  number: number;
  /** The guest’s network card, `52:54:00:…` in small letters. */
  mac: string;
  /** The user QEMU runs as, who may open tap0 and reach nothing else. */
  uid: number;
  /** The user the helper runs as. When it is `uid` too, the two cannot be told apart, and no name resolves. */
  dnsUid: number;
  /** IPv4 addresses of the resolvers that know the lists’ names; see `upstreamResolvers`. */
  resolvers: readonly string[];
  lists: AccessLists;
  /** Whether the guest is to have IPv6 where the computer has it; a network that is there already stays as it was made. */
  ipv6?: boolean;
  /** Those of a network that is there already, as `own` gave them; at a start they are chosen. */
  own?: OwnSubnets;
  /** A folder of this machine’s own, made when missing, on a file system that a restart of the computer empties. */
  runFolder: string;
  host: HostNetwork;
  log: Log;
  /** Where the last good answers for listed names are kept; without it they end with this object. */
  memory?: NameMemory;
  /** Told of names that stop resolving, and of those that do again. */
  tellNames?: (changes: readonly NameChange[]) => Promise<void>;
  /** What is asked for names now, when the computer’s network has changed; without it those above. */
  resolversNow?: () => Promise<readonly string[]>;
  /** Told when the computer’s own rules had gone, and when they could not be put back. */
  tellHost?: (change: HostChange) => void;
  /** Told of what comes up on the computer where the machine’s subnets are. */
  tellClash?: (clash: Clash) => void;
  /** How often listed names are looked up; by the length of the lists where it is left out. */
  refreshMs?: number;
}

/** Proof that a switch has taken place, and how long it took. */
export interface Switched {
  mode: AccessMode;
  generation: number;
  durationMs: number;
}

/** How a machine’s network stands. */
export interface NetworkState {
  mode: AccessMode;
  generation: number;
  /** `listsDigest` of the lists that are loaded. */
  lists: string;
  helpers: HelperState[];
  /** Whether listed names can resolve: there are resolvers, and only the helpers may ask them. */
  resolves: boolean;
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
  #resolvers: readonly string[];
  /** Whether the helpers serve the lists that are loaded, so that the guest’s questions may be let through to them. */
  #helpersServe = false;
  /** What the helpers were told to answer themselves, as text. */
  #answers = '';
  readonly #changes = new Turns();
  readonly #detached = new AbortController();
  readonly #refilling: Promise<void>;
  readonly #unfollow: () => Promise<void>;
  /** What it is made of. */
  readonly own: OwnSubnets;
  readonly #clashes: Clashes;

  private constructor(options: NetworkOptions, filter: MachineFilter, listed: ListedNames) {
    const { dnsUid, runFolder, mac, ipv6 = false, own = USUAL } = options;
    this.#options = options;
    this.own = own;
    this.#clashes = new Clashes(own.subnets, ipv6, (clash) => options.tellClash?.(clash));
    this.#names = networkNames(options.id);
    this.enter = enterNamespace(this.#names.namespace);
    this.#filter = filter;
    this.#listed = listed;
    this.#helpers = new MachineHelpers(
      { namespace: this.#names.namespace, uid: dnsUid, folder: runFolder },
      { mac, ipv6, subnets: own.subnets },
    );
    this.#lists = options.lists;
    this.#resolvers = options.resolvers;
    const { signal } = this.#detached;
    const everyMs = () => options.refreshMs ?? refreshEveryMs(this.#lists);
    this.#unfollow = options.host.follow((change) => void this.#hostChanged(change));
    this.#refilling = keepRefilled(() => this.#refreshNames(signal), everyMs, options.log, signal);
  }

  /**
   * Makes the network in mode `refuse`, its helpers ready, nothing forwarded yet. A failure leaves nothing behind.
   * @throws NETWORK_FAILED, FILTER_FAILED, PROGRAM_MISSING, SUBNETS_TAKEN
   */
  static async open(asked: NetworkOptions): Promise<MachineNetwork> {
    checkMac(asked.mac);
    checkUsers(asked);
    checkResolvers(asked.resolvers);
    const ipv6 = asked.ipv6 === true && (await hasIpv6Routes());
    const { addresses: computer, taken } = await asked.host.links();
    const own = chooseSubnets(taken, ipv6);
    const options = { ...asked, ipv6, own, subnets: own.subnets };
    const names = networkNames(options.id);
    await removeLeftover(names);
    await using undo = new AsyncDisposableStack();
    undo.defer(() => clearUp(options.id, options.host, options.log));
    await options.host.prepare(names.uplink, options.ipv6);
    await createNamespace(names, options);
    await loadRules(
      enterNamespace(names.namespace),
      ruleset({ ...options, computer, helper: uplinkOf(options, options.resolvers) }),
    );
    await options.host.admit(names.uplink, options.ipv6);
    await connectNamespace(names, options);
    const network = await MachineNetwork.#takeOver(options);
    undo.defer(() => network.detach());
    await network.#fillNames();
    await network.startHelpers();
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
    const network = await MachineNetwork.#takeOver(options);
    undo.defer(() => network.detach());
    await network.changeLists(options.lists);
    await network.#fillNames();
    await network.followHost(options.resolvers);
    undo.move();
    return network;
  }

  /** With the names as they were known last, before anything waits for a resolver. */
  static async #takeOver(options: NetworkOptions): Promise<MachineNetwork> {
    const place = filterPlace(options);
    const { memory, tellNames: tell = async () => undefined, log, own = USUAL } = options;
    const listed = await ListedNames.open({ enter: place.enter, subnets: own.subnets, memory, tell, log });
    return new MachineNetwork(options, await MachineFilter.adopt(place), listed);
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
        await this.#listed.refresh(lists, digest, this.#resolvers, AbortSignal.timeout(REFILL_BEFORE_SWITCH_MS));
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
   * interfaces there are now, and names are asked of these resolvers. Access stays as it is.
   * @throws NETWORK_FAILED, FILTER_FAILED
   */
  followHost(resolvers: readonly string[]): Promise<void> {
    return this.#changes.take(async () => {
      checkResolvers(resolvers);
      await this.#options.host.prepare(this.#names.uplink, this.#options.ipv6);
      const uplink = uplinkTransaction(uplinkOf(this.#options, resolvers));
      const { addresses, taken } = await this.#options.host.links();
      const computer = computerTransaction(addresses);
      await loadRules(this.enter, `${[...uplink, ...computer].join('\n')}\n`);
      this.#resolvers = resolvers;
      this.#clashes.look(taken);
      await this.#serveNames();
    });
  }

  /** What has come up on the computer where the machine’s subnets are: the machine does not reach it. */
  get clashes(): Clash[] {
    return this.#clashes.found;
  }

  /** Lets the namespace forward what the rules allow; to be called once access has been decided. @throws NETWORK_FAILED */
  async openForwarding(): Promise<void> {
    const { ipv6 = false } = this.#options;
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
    const resolves = (uplinkOf(this.#options, this.#resolvers)?.resolvers.length ?? 0) > 0;
    return { ...this.#filter.enforced, helpers: this.#helpers.states(), resolves };
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
    const { resolversNow, tellHost, log } = this.#options;
    if (change !== 'changed') tellHost?.(change);
    try {
      const resolvers = (await resolversNow?.()) ?? this.#resolvers;
      if (!this.#detached.signal.aborted) await this.followHost(resolvers);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      if (!this.#detached.signal.aborted) log.warn({ error: error.message }, 'cannot follow the computer’s network');
    }
  }

  async #serveNames(): Promise<void> {
    const served = this.#served();
    await this.#helpers.adopt(served);
    await this.#helpers.start(served);
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

  #served(): Served {
    const { resolvers = [] } = uplinkOf(this.#options, this.#resolvers) ?? {};
    const lists = this.#lists;
    return { lists, digest: this.#filter.enforced.lists, resolvers, answers: this.#listed.answers(lists) };
  }

  /** What is known already, so that no list waits for a resolver that is away. */
  #fillNames(): Promise<void> {
    return this.#listed.fill(this.#lists, this.#filter.enforced.lists);
  }

  async #refreshNames(signal: AbortSignal): Promise<void> {
    await this.#listed.refresh(this.#lists, this.#filter.enforced.lists, this.#resolvers, signal);
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

/** The helpers’ way to the resolvers; none when QEMU’s user would have it too. */
function uplinkOf({ uid, dnsUid }: NetworkOptions, resolvers: readonly string[]): MachineRules['helper'] {
  return uid === dnsUid ? undefined : { uid: dnsUid, resolvers };
}
