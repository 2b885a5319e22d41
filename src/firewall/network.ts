import { AppError } from '../lib/errors.ts';
import type { AccessLists } from '../quarantine/access-list.ts';
import type { Log } from '../sys/log.ts';
import { endProcess, isRunning, type ProcessId } from '../sys/processes.ts';
import { checkMac, checkUsers, type NetworkNames, networkNames } from './addresses.ts';
import { type Denied, deniedDestinations } from './denied.ts';
import { helperConfig, type ListKey } from './dns-config.ts';
import { type FilterPlace, MachineFilter } from './filter.ts';
import { findHelpers, type HelperPlace, startHelper, wasTold } from './helper.ts';
import type { HostNetwork } from './host.ts';
import { listsDigest } from './list-rules.ts';
import { refillNames } from './names.ts';
import {
  connectNamespace,
  createNamespace,
  enterNamespace,
  isForwarding,
  presentNamespaces,
  processesInside,
  removeNamespace,
  setForwarding,
} from './namespace.ts';
import { loadRules } from './nft.ts';
import { type AccessMode, type Enforced, ruleset } from './ruleset.ts';

const REFILL_EVERY_MS = 300_000;
/** How long a change of lists waits for names; what comes later is looked up when the guest asks. */
const REFILL_BEFORE_SWITCH_MS = 1000;
const LISTS: readonly ListKey[] = ['normal', 'restricted'];

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
  /** A folder of this machine’s own, made when missing, on a file system that a restart of the computer empties. */
  runFolder: string;
  host: HostNetwork;
  log: Log;
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
  /** The helpers that should run, and whether they do; the one of the normal list gives the guest its address. */
  helpers: { list: ListKey; process: ProcessId | undefined; isRunning: boolean }[];
  /** Whether listed names can resolve: there are resolvers, and only the helper may ask them. */
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
  readonly #helpers = new Map<ListKey, ProcessId>();
  #lists: AccessLists;
  /** Whether the helpers serve the lists that are loaded, so that the guest’s questions may be let through to them. */
  #helpersServe = false;
  #refilling: Promise<void>;
  readonly #stopRefilling = new AbortController();

  private constructor(options: NetworkOptions, filter: MachineFilter) {
    this.#options = options;
    this.#names = networkNames(options.id);
    this.enter = enterNamespace(this.#names.namespace);
    this.#filter = filter;
    this.#lists = options.lists;
    this.#refilling = this.#keepRefilling();
  }

  /**
   * Makes the network in mode `refuse`, its helpers ready, nothing forwarded yet. A failure leaves nothing behind.
   * @throws NETWORK_FAILED, FILTER_FAILED, PROGRAM_MISSING
   */
  static async open(options: NetworkOptions): Promise<MachineNetwork> {
    checkMac(options.mac);
    checkUsers(options);
    const names = networkNames(options.id);
    await removeLeftover(names);
    await using undo = new AsyncDisposableStack();
    undo.defer(() => removeNetwork(options.id, options.host));
    await options.host.prepare(names.uplink);
    await createNamespace(names, options);
    await loadRules(enterNamespace(names.namespace), ruleset({ ...options, helper: helperOf(options) }));
    await options.host.admit(names.uplink);
    await connectNamespace(names, options.number);
    const network = new MachineNetwork(options, await MachineFilter.adopt(filterPlace(options)));
    undo.defer(() => network.detach());
    await network.startHelpers();
    undo.move();
    return network;
  }

  /**
   * Takes over the network of a machine that runs, after a restart of the service. What is enforced stays; where the
   * lists are others now, they are put in force, and helpers that died are started again.
   * @throws NETWORK_FAILED when it is not there, FILTER_FAILED when its rules are not as they should be
   */
  static async adopt(options: NetworkOptions): Promise<MachineNetwork> {
    const { namespace, uplink } = networkNames(options.id);
    if (!(await presentNamespaces()).includes(namespace))
      throw new AppError('NETWORK_FAILED', `the machine’s namespace ${namespace} has gone`);
    await options.host.prepare(uplink);
    const network = new MachineNetwork(options, await MachineFilter.adopt(filterPlace(options)));
    await network.changeLists(options.lists);
    for (const [list, helper] of await findHelpers(namespace)) await network.#adoptHelper(list, helper);
    await network.startHelpers();
    return network;
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
  async changeLists(lists: AccessLists): Promise<Switched> {
    const started = performance.now();
    if (listsDigest(lists) === this.#filter.enforced.lists)
      return { ...this.#filter.enforced, durationMs: performance.now() - started };
    const enforced = await this.#filter.changeLists(lists, async (digest) => {
      await this.#refill(lists, digest, AbortSignal.timeout(REFILL_BEFORE_SWITCH_MS));
      this.#helpersServe = false;
    });
    const durationMs = performance.now() - started;
    this.#lists = lists;
    await this.#endHelpers();
    await this.startHelpers();
    return { ...enforced, durationMs };
  }

  /** Starts the helpers that do not run. @throws NETWORK_FAILED with what dnsmasq said */
  async startHelpers(): Promise<void> {
    for (const list of LISTS) {
      const running = this.#helpers.get(list);
      if (running && isRunning(running)) continue;
      this.#helpers.set(list, await startHelper(this.#place(), list, this.#helperConfig(list)));
    }
    this.#helpersServe = true;
    await this.#filter.setNames(true);
  }

  /** Lets the namespace forward what the rules allow; to be called once access has been decided. @throws NETWORK_FAILED */
  async openForwarding(): Promise<void> {
    await setForwarding(this.#names.namespace, true);
    if (!(await isForwarding(this.#names.namespace)))
      throw new AppError('NETWORK_FAILED', 'the machine’s namespace does not forward');
  }

  state(): NetworkState {
    const enforced: Enforced = this.#filter.enforced;
    const helpers = LISTS.map((list) => {
      const process = this.#helpers.get(list);
      return { list, process, isRunning: process !== undefined && isRunning(process) };
    });
    return { ...enforced, helpers, resolves: (helperOf(this.#options)?.resolvers.length ?? 0) > 0 };
  }

  /** What the guest was refused lately. @throws FILTER_FAILED */
  denied(): Promise<Denied[]> {
    return deniedDestinations(this.enter);
  }

  /** Leaves the network as it is and lets go of it, for a service that ends before its machines do. */
  async detach(): Promise<void> {
    this.#stopRefilling.abort();
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

  /** A helper that was told something else, or serves lists that no longer hold, makes way. */
  async #adoptHelper(list: ListKey, helper: ProcessId): Promise<void> {
    if (await wasTold(this.#place(), list, this.#helperConfig(list))) this.#helpers.set(list, helper);
    else await endProcess(helper);
  }

  #place(): HelperPlace {
    const { dnsUid, runFolder } = this.#options;
    return { namespace: this.#names.namespace, uid: dnsUid, folder: runFolder };
  }

  #helperConfig(list: ListKey): string {
    const resolvers = helperOf(this.#options)?.resolvers ?? [];
    return helperConfig({
      list,
      lists: this.#lists,
      digest: this.#filter.enforced.lists,
      mac: this.#options.mac,
      resolvers,
    });
  }

  async #endHelpers(): Promise<void> {
    await endHelpersOf(this.#names);
    this.#helpers.clear();
  }

  async #refill(lists: AccessLists, digest: string, signal: AbortSignal): Promise<void> {
    const { failed } = await refillNames(this.enter, lists, digest, this.#options.resolvers, signal);
    if (failed.length > 0) this.#options.log.warn({ names: failed.slice(0, 20) }, 'names of the lists do not resolve');
  }

  /** Keeps the addresses of listed names reachable, or closed, although the guest does not ask for them again. */
  async #keepRefilling(): Promise<void> {
    const { signal } = this.#stopRefilling;
    while (!signal.aborted) {
      try {
        await this.#refill(this.#lists, this.#filter.enforced.lists, signal);
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        this.#options.log.warn({ error: error.message }, 'cannot refill the sets of names');
      }
      await pause(REFILL_EVERY_MS, signal);
    }
  }
}

/** Removes what is left of a machine’s network, and the host’s part when it was the last. @throws NETWORK_FAILED, FILTER_FAILED */
export async function removeNetwork(id: string, host: HostNetwork): Promise<void> {
  const names = networkNames(id);
  await endHelpersOf(names);
  await removeNamespace(names);
  await host.settle(names.uplink);
}

/** A leftover with nothing but helpers in it is removed; anything else in it still runs. */
async function removeLeftover(names: NetworkNames): Promise<void> {
  await endHelpersOf(names);
  if ((await presentNamespaces()).includes(names.namespace) && (await processesInside(names.namespace)).length > 0)
    throw new AppError('NETWORK_FAILED', 'the machine’s network is in use');
  await removeNamespace(names);
}

async function endHelpersOf({ namespace }: NetworkNames): Promise<void> {
  if (!(await presentNamespaces()).includes(namespace)) return;
  await Promise.all([...(await findHelpers(namespace)).values()].map((helper) => endProcess(helper)));
}

function filterPlace({ id, log }: NetworkOptions): FilterPlace {
  const { namespace } = networkNames(id);
  return { enter: enterNamespace(namespace), cutOff: () => setForwarding(namespace, false), log };
}

/** The helper’s way to the resolvers; none when QEMU’s user would have it too. */
function helperOf({
  uid,
  dnsUid,
  resolvers,
}: NetworkOptions): { uid: number; resolvers: readonly string[] } | undefined {
  return uid === dnsUid ? undefined : { uid: dnsUid, resolvers };
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  timer.unref();
  signal.addEventListener('abort', () => resolve(), { once: true });
  await promise;
  clearTimeout(timer);
}
