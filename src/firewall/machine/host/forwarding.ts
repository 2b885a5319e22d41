import { dirname } from 'node:path';
import { AppError } from '../../../lib/errors.ts';
import { canonicalJson } from '../../../lib/json.ts';
import { Turns } from '../../../lib/turns.ts';
import { ofConcern, type Taken } from '../../../quarantine/subnets.ts';
import { readIfThere, writeFileAtomic } from '../../../sys/files/files.ts';
import { makeFolder, namesIn, removeFolder } from '../../../sys/files/folders.ts';
import { readKernelFile, writeKernelFile } from '../../../sys/files/kernel.ts';
import { listed, loadRules, loadTable } from '../../nft.ts';
import type { Stopper } from './foreign-rules.ts';
import { isIpv6Wanted, readIpv6Before, restoreIpv6, routeIpv6, setIpv6Uplink } from './forwarding-ipv6.ts';
import { hostRules } from './forwarding-rules.ts';
import { cidrOf, type HostLinks, readHostLinks } from './host-links.ts';
import { type HostState, joinedStates, parseHostState, parseHostTable } from './host-state.ts';
import { watchHost } from './host-watch.ts';
import { Passage, withoutCounts } from './passage.ts';

const MAX_STATE_BYTES = 64 << 10;

/** `changed`: the network is another; `mended`: our rules had gone, and are back; `failed`: they could not be put back yet. */
export type HostChange = 'changed' | 'mended' | 'failed';

interface Watch {
  over: AbortController;
  ended: Promise<void>;
}

/**
 * What all machines share in the namespace the service runs in: the table `lazaret_host`, and the interfaces that pass
 * packets on. Both are there while a machine has an uplink; what they were before is in `stateFile`, so that a service
 * started anew can put it back. One such object a service; its calls wait for each other.
 */
export class HostNetwork {
  readonly #stateFile: string;
  readonly #ownOutside: () => Promise<readonly string[]>;
  /** Uplinks that are there or about to be, so that no machine’s end takes away what another’s start has just made. */
  readonly #uplinks = new Set<string>();
  readonly #turns = new Turns();
  readonly #followers = new Set<(change: HostChange) => void>();
  #watch: Watch | undefined;
  /** How the kernel lists our table; what we knew when we put it there. */
  #listing: string | undefined;
  #isInForce = false;
  #known = '';
  readonly #passage = new Passage();

  /** `ownOutside` gives the addresses that this computer has outside the service’s namespace; see `hostRules`. */
  constructor(stateFile: string, ownOutside: () => Promise<readonly string[]> = async () => []) {
    this.#stateFile = stateFile;
    this.#ownOutside = ownOutside;
  }

  /**
   * Makes the host ready for a machine’s uplink, which is there already: see `settle`. Who has just read the links hands them over.
   * @throws FILTER_FAILED, NETWORK_FAILED
   */
  prepare(uplink: string, ipv6 = false, read?: HostLinks): Promise<void> {
    return this.#turns.take(async () => {
      this.#uplinks.add(uplink);
      await this.#putInForce(ipv6, read);
    });
  }

  /**
   * From now on, until what it gives is called, the computer’s network is followed: what is gone of our rules is put back at
   * once, packets pass through the interfaces that there are, and `told` hears of it.
   */
  follow(told: (change: HostChange) => void): () => Promise<void> {
    this.#followers.add(told);
    this.#watch ??= this.#startWatch();
    return async () => {
      this.#followers.delete(told);
      const watch = this.#watch;
      if (this.#followers.size > 0 || !watch) return;
      this.#watch = undefined;
      watch.over.abort();
      await watch.ended;
    };
  }

  #startWatch(): Watch {
    const over = new AbortController();
    // What was just put in force is as it was put; what happens before the monitors hear is found by the look in two seconds.
    return { over, ended: watchHost(() => this.#look(), over.signal, { isKnown: this.#isInForce }) };
  }

  async #look(): Promise<void> {
    try {
      const change = await this.#turns.take(() => this.#follow());
      if (change) for (const told of this.#followers) told(change);
    } catch (error) {
      // Tried again in two seconds; the machines’ own rules stand meanwhile.
      if (!(error instanceof AppError)) throw error;
      for (const told of this.#followers) told('failed');
    }
  }

  async #follow(): Promise<HostChange | undefined> {
    if (this.#uplinks.size === 0 || !this.#isInForce) return undefined;
    const found = await tableListing();
    // Both are nothing when somebody was quick enough to remove what had just been loaded.
    const isWhole = found !== undefined && withoutCounts(found) === this.#listing;
    if (isWhole) await this.#passage.prove(found);
    const facts = canonicalJson(await this.#facts(await readHostLinks()));
    if (isWhole && facts === this.#known) return undefined;
    await this.#putInForce(false);
    // Not mended where nothing had gone, or what was there is what is right: another of our programs put it there, as a preview does.
    const isRight = isWhole || (found !== undefined && withoutCounts(found) === this.#listing);
    return isRight ? 'changed' : 'mended';
  }

  /** What it depends on, as far as others change it. */
  async #facts({ routed, local, taken }: HostLinks): Promise<object> {
    const flags: [string, string | undefined][] = [];
    for (const name of routed) flags.push([name, await readFlag(name)]);
    const forwards = [await forwardsAll(), await readKernelFile('/proc/sys/net/ipv6/conf/all/forwarding')];
    const defaults = await readKernelFile('/proc/sys/net/ipv6/conf/default/forwarding');
    return { flags, forwards, defaults, local, taken: ofConcern(taken), outside: await this.#ownOutside() };
  }

  async #putInForce(ipv6: boolean, read?: HostLinks): Promise<void> {
    const [before, links] = await Promise.all([this.#stillOurs(), read ?? readHostLinks()]);
    const raised = new Set(before.raised);
    for (const name of links.routed) if ((await readFlag(name)) === '0') raised.add(name);
    const names = [...raised].sort();
    const ipv6Before = before.ipv6 ?? (ipv6 ? await readIpv6Before() : undefined);
    const state: HostState = { ...before, raised: names, ...(ipv6Before ? { ipv6: ipv6Before } : {}) };
    await makeFolder(dirname(this.#stateFile));
    await writeFileAtomic(this.#stateFile, `${canonicalJson({ format: 1, ...state })}\n`, 0o600);
    const { table, ruleset } = await loadTable('lazaret_host', hostRules(state, await this.#ownOutside()));
    this.#isInForce = true;
    this.#listing = table === undefined ? undefined : withoutCounts(table);
    for (const name of names) await writeKernelFile(flagOf(name), '1');
    if (ipv6Before) await routeIpv6(ipv6Before);
    // By the links as they were: what has changed since is found by the next look.
    this.#known = canonicalJson(await this.#facts(links));
    this.#passage.begin(ruleset);
  }

  /** Who stops on this computer what a machine sends. */
  stopperOf(uplink: string): Stopper | undefined {
    return this.#passage.stopperOf(uplink);
  }

  /**
   * What we turned on and nobody else wants. Whoever makes the whole computer pass packets on, as Docker and libvirt do, wants
   * it of every interface: then none of it is ours to restrict, or to put back.
   */
  async #stillOurs(): Promise<HostState> {
    const nowForwards = await forwardsAll();
    const others = parseHostTable(await tableListing());
    const { raised, ipv6, forwards = false } = joinedStates(await this.#state(), others, nowForwards);
    const isTaken = nowForwards && !forwards;
    const isTaken6 = ipv6 !== undefined && (await isIpv6Wanted(ipv6));
    return {
      raised: isTaken ? [] : raised,
      ...(nowForwards ? { forwards: true } : {}),
      ...(ipv6 && !isTaken6 ? { ipv6 } : {}),
    };
  }

  /** Lets packets in from a machine’s uplink. @throws NETWORK_FAILED */
  async admit(uplink: string, ipv6: boolean): Promise<void> {
    await setIpv6Uplink(uplink, ipv6);
    if (!(await writeKernelFile(flagOf(uplink), '1')))
      throw new AppError('NETWORK_FAILED', `the uplink ${uplink} has gone`);
  }

  /** To be called when an uplink has gone: after the last, everything is as it was. @throws FILTER_FAILED, NETWORK_FAILED */
  settle(uplink: string): Promise<void> {
    return this.#turns.take(async () => {
      this.#uplinks.delete(uplink);
      this.#passage.forget(uplink);
      if (this.#uplinks.size > 0 || (await hasUplinks())) return;
      const { raised, ipv6 } = await this.#stillOurs();
      this.#isInForce = false;
      for (const name of raised) await writeKernelFile(flagOf(name), '0');
      if (ipv6) await restoreIpv6(ipv6);
      await loadRules([], 'table inet lazaret_host\ndelete table inet lazaret_host\n');
      // Another of our programs may have begun meanwhile, by what stood there: whoever came before the table went has its uplink.
      if (await hasUplinks()) await this.#putInForce(ipv6 !== undefined);
      await removeFolder(this.#stateFile);
    });
  }

  /** The addresses of this computer, which no machine reaches, and what it has or reaches elsewhere than by a machine’s link. @throws NETWORK_FAILED */
  async links(): Promise<{ addresses: string[]; taken: Taken[]; read: HostLinks }> {
    const read = await readHostLinks();
    const [{ local, taken }, outside] = [read, await this.#ownOutside()];
    return {
      read,
      addresses: [...new Set([...local, ...outside])].sort(),
      taken: [...taken, ...outside.map((address) => ({ cidr: cidrOf(address), by: 'a link of its own' }))],
    };
  }

  async #state(): Promise<HostState> {
    const text = (await readIfThere(this.#stateFile, MAX_STATE_BYTES))?.toString('utf8');
    return text === undefined ? { raised: [] } : parseHostState(text);
  }
}

/** Whether a machine of any of our programs has its uplink here: the kernel keeps settings of each link. */
async function hasUplinks(): Promise<boolean> {
  return (await namesIn('/proc/sys/net/ipv4/conf')).some((name) => name.startsWith('lz-'));
}

/** How the kernel lists our table; undefined when it has gone. */
async function tableListing(): Promise<string | undefined> {
  try {
    return await listed([], ['table', 'inet', 'lazaret_host']);
  } catch (error) {
    if (error instanceof AppError && error.code === 'FILTER_FAILED') return undefined;
    throw error;
  }
}

/** Whether every interface is to pass IPv4 packets on; we never set that. */
async function forwardsAll(): Promise<boolean> {
  return (await readKernelFile('/proc/sys/net/ipv4/ip_forward')) === '1';
}

function flagOf(name: string): string {
  return `/proc/sys/net/ipv4/conf/${name}/forwarding`;
}

function readFlag(name: string): Promise<string | undefined> {
  return readKernelFile(flagOf(name));
}
