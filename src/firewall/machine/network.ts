import { AppError } from '../../lib/errors.ts';
import { Turns } from '../../lib/turns.ts';
import type { AccessMode } from '../../quarantine/access-mode.ts';
import type { AccessLists } from '../../quarantine/lists/access-list.ts';
import type { Clash } from '../../quarantine/subnets.ts';
import { guestAddresses, type NetworkNames, networkNames } from '../addresses.ts';
import type { ListKey } from '../names/dns-config.ts';
import { forwarderOf, helperOf, type LoadedLists, MachineNames } from '../names/machine-names.ts';
import type { NameReport } from '../names/names.ts';
import { loadRules } from '../nft.ts';
import type { Stopper } from './host/foreign-rules.ts';
import type { HostChange } from './host/forwarding.ts';
import { addLoopback, findNetwork, makeNamespace, planNetwork } from './make-network.ts';
import { enterNamespace, setForwarding } from './namespace.ts';
import type { NetworkOptions, NetworkState, ResolversReport, Switched } from './network-options.ts';
import { Clashes, type OwnSubnets, USUAL } from './own-subnets.ts';
import { MachinePrinter } from './printer.ts';
import { clearUp, removeLeftover, removeNetwork } from './remove-network.ts';
import { type Denied, deniedDestinations } from './rules/denied.ts';
import { type FilterPlace, MachineFilter } from './rules/filter.ts';
import { askGuest } from './rules/guest-address.ts';
import { listsDigest } from './rules/list-rules.ts';
import { computerTransaction } from './rules/ruleset.ts';

interface Parts {
  filter: MachineFilter;
  names: MachineNames;
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
  readonly #dns: MachineNames;
  #lists: AccessLists;
  readonly #changes = new Turns();
  readonly #detached = new AbortController();
  readonly #unfollow: () => Promise<void>;
  /** What it is made of. */
  readonly own: OwnSubnets;
  /** The printer that its guest has at its gateway. */
  readonly printer: MachinePrinter;
  readonly #clashes: Clashes;

  private constructor(options: NetworkOptions, { filter, names }: Parts) {
    const { ipv6 = false, own = USUAL } = options;
    this.#options = options;
    this.own = own;
    this.printer = new MachinePrinter({ ...options, own });
    this.#clashes = new Clashes(own.subnets, ipv6, (clash) => options.tellClash?.(clash));
    this.#names = networkNames(options.id);
    this.enter = enterNamespace(this.#names.namespace);
    this.#filter = filter;
    this.#dns = names;
    this.#lists = options.lists;
    this.#unfollow = options.host.follow((change) => void this.#hostChanged(change));
  }

  /**
   * Makes the network in mode `refuse`, its helpers ready, nothing forwarded yet. A failure leaves nothing behind.
   * @throws NETWORK_FAILED, FILTER_FAILED, PROGRAM_MISSING, SUBNETS_TAKEN
   */
  static async open(asked: NetworkOptions): Promise<MachineNetwork> {
    const { options, links } = await planNetwork(asked);
    await removeLeftover(networkNames(options.id));
    await using undo = new AsyncDisposableStack();
    undo.defer(() => clearUp(options.id, options.host, options.log));
    const forwarder = forwarderOf(options, { isNew: true });
    undo.defer(() => forwarder?.settled());
    const names = await MachineNames.open(options, forwarder, { isNew: true });
    const { lists } = options;
    const filling = names.filling({ lists, digest: listsDigest(lists) });
    await makeNamespace(options, links, { forwarder, filling });
    const filter = await MachineFilter.adopt(filterPlace(options), lists);
    const network = new MachineNetwork(options, { filter, names });
    undo.defer(() => network.detach());
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
    const options = await findNetwork(asked);
    await using undo = new AsyncDisposableStack();
    const names = await MachineNames.open(options, forwarderOf(options), { isNew: false });
    const filter = await MachineFilter.adopt(filterPlace(options));
    const network = new MachineNetwork(options, { filter, names });
    undo.defer(() => network.detach());
    network.#dns.waitForForwarder();
    await addLoopback(options);
    await network.changeLists(options.lists);
    await network.#dns.fill(network.#loaded);
    await network.followHost();
    network.#keepRefilled();
    undo.move();
    return network;
  }

  /**
   * Switches and returns once the kernel was read back. Flows that the new mode does not allow are cut at their next packet.
   * @throws FILTER_FAILED; the machine is in mode `refuse` then
   */
  async switchTo(mode: AccessMode): Promise<Switched> {
    const started = performance.now();
    const { generation } = await this.#filter.switchTo(mode, this.#dns.isServing);
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
      const enforced = await this.#filter.changeLists(lists, (digest) => this.#dns.prepare({ lists, digest }));
      const durationMs = performance.now() - started;
      this.#lists = lists;
      if (enforced.lists !== before.lists) {
        await this.#dns.endHelpers();
        // What they answered while the lists were switched.
        await this.#dns.carryOver(this.#loaded);
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
      await this.#dns.followResolvers();
    });
  }

  /** What has come up on the computer where the machine’s subnets are: the machine does not reach it. */
  get clashes(): Clash[] {
    return this.#clashes.found;
  }

  /** Lets the namespace forward what the rules allow; to be called once access has been decided. @throws NETWORK_FAILED */
  async openForwarding(): Promise<void> {
    const { ipv6 = false } = this.#options;
    await this.#dns.startForwarder();
    await setForwarding(this.#names.namespace, true, ipv6);
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
    return { ...this.#filter.enforced, helpers: this.#dns.helperStates(), resolves };
  }

  /** Undefined until names were looked up for the first time. */
  get resolvers(): ResolversReport | undefined {
    return this.#dns.resolvers;
  }

  /** How the names of the lists stand. */
  names(): NameReport[] {
    return this.#dns.report(this.#lists);
  }

  /** The addresses that a list’s names are reached under, as the kernel has them, where the packets meet them. @throws FILTER_FAILED */
  namedAddresses(list: ListKey): Promise<Map<string, string[]>> {
    return this.#dns.held(this.#loaded, list);
  }

  /** Asks the guest whether it has its address, and gives whether it has answered what it was asked before. @throws PROGRAM_FAILED */
  askGuest(): Promise<boolean> {
    return askGuest(this.#names.namespace, guestAddresses(this.own.subnets).guest, this.#options.mac);
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
    await this.#dns.settled();
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
    await this.#dns.serve(this.#loaded);
    await this.#filter.setNames(true);
  }

  get #loaded(): LoadedLists {
    return { lists: this.#lists, digest: this.#filter.enforced.lists };
  }

  #keepRefilled(): void {
    this.#dns.keepRefilled(
      () => this.#loaded,
      () => this.#changes.take(() => this.#serveNames()),
      this.#detached.signal,
    );
  }
}

function filterPlace({ id, log }: NetworkOptions): FilterPlace {
  const { namespace } = networkNames(id);
  return { enter: enterNamespace(namespace), cutOff: () => setForwarding(namespace, false), log };
}
