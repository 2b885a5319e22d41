import { dirname } from 'node:path';
import { AppError } from '../../lib/errors.ts';
import { canonicalJson } from '../../lib/json.ts';
import { Turns } from '../../lib/turns.ts';
import { readIfThere, writeFileAtomic } from '../../sys/files/files.ts';
import { makeFolder, removeFolder } from '../../sys/files/folders.ts';
import { readKernelFile, writeKernelFile } from '../../sys/files/kernel.ts';
import { run } from '../../sys/programs/exec.ts';
import { loadRules } from '../nft.ts';
import {
  type Ipv6Before,
  parseIpv6Before,
  readIpv6Before,
  restoreIpv6,
  routeIpv6,
  setIpv6Uplink,
} from './forwarding-ipv6.ts';
import { hostRules } from './forwarding-rules.ts';

const MAX_STATE_BYTES = 64 << 10;
const INTERFACE = /^[^\s/"]{1,15}$/;

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

  /** `ownOutside` gives the addresses that this computer has outside the service’s namespace; see `hostRules`. */
  constructor(stateFile: string, ownOutside: () => Promise<readonly string[]> = async () => []) {
    this.#stateFile = stateFile;
    this.#ownOutside = ownOutside;
  }

  /** Makes the host ready for a machine’s uplink. @throws FILTER_FAILED, NETWORK_FAILED */
  prepare(uplink: string, ipv6 = false): Promise<void> {
    return this.#turns.take(async () => {
      this.#uplinks.add(uplink);
      const before = await this.#state();
      const raised = new Set(before.raised);
      for (const name of await routedInterfaces()) if ((await readFlag(name)) === '0') raised.add(name);
      const names = [...raised].sort();
      const ipv6Before = before.ipv6 ?? (ipv6 ? await readIpv6Before() : undefined);
      const state: HostState = { raised: names, ...(ipv6Before ? { ipv6: ipv6Before } : {}) };
      await makeFolder(dirname(this.#stateFile));
      await writeFileAtomic(this.#stateFile, `${canonicalJson({ format: 1, ...state })}\n`, 0o600);
      await loadRules([], hostRules(names, await this.#ownOutside(), ipv6Before !== undefined));
      for (const name of names) await writeKernelFile(flagOf(name), '1');
      if (ipv6Before) await routeIpv6(ipv6Before);
    });
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
      if (this.#uplinks.size > 0 || (await interfaces()).some((name) => name.startsWith('lz-'))) return;
      const { raised, ipv6 } = await this.#state();
      for (const name of raised) await writeKernelFile(flagOf(name), '0');
      if (ipv6) await restoreIpv6(ipv6);
      await loadRules([], 'table inet lazaret_host\ndelete table inet lazaret_host\n');
      await removeFolder(this.#stateFile);
    });
  }

  async #state(): Promise<HostState> {
    const text = (await readIfThere(this.#stateFile, MAX_STATE_BYTES))?.toString('utf8');
    return text === undefined ? { raised: [] } : parseHostState(text);
  }
}

/** What has to be put back once the last machine has gone. */
export interface HostState {
  /** The interfaces whose flag we raised. */
  raised: string[];
  /** Where it is there, the computer passes IPv6 packets on because of us. */
  ipv6?: Ipv6Before;
}

/** @throws NETWORK_FAILED when it is no such file */
export function parseHostState(text: string): HostState {
  const state = parseJson(text);
  const { raised, ipv6 }: Record<string, unknown> = isRecord(state) && state['format'] === 1 ? state : {};
  if (!Array.isArray(raised) || !raised.every(isInterface))
    throw new AppError('NETWORK_FAILED', 'what is known of the computer’s interfaces cannot be read');
  const before = parseIpv6Before(ipv6);
  return { raised, ...(before ? { ipv6: before } : {}) };
}

/** The interfaces through which something can be reached, but for the machines’ own. */
async function routedInterfaces(): Promise<string[]> {
  const { stdout } = await run('ip', ['-json', '-4', 'route', 'show', 'table', 'main']);
  const names = records(stdout).map(({ dev }) => dev);
  return [...new Set(names.filter(isInterface))].filter((name) => name !== 'lo' && !name.startsWith('lz-'));
}

async function interfaces(): Promise<string[]> {
  const { stdout } = await run('ip', ['-json', 'link']);
  return records(stdout)
    .map(({ ifname }) => ifname)
    .filter((name) => typeof name === 'string');
}

function records(text: string): Record<string, unknown>[] {
  const list = parseJson(text || '[]');
  return Array.isArray(list) ? list.filter(isRecord) : [];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AppError('NETWORK_FAILED', 'what the computer says of its interfaces cannot be read', { cause });
  }
}

function isInterface(name: unknown): name is string {
  return typeof name === 'string' && INTERFACE.test(name);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function flagOf(name: string): string {
  return `/proc/sys/net/ipv4/conf/${name}/forwarding`;
}

function readFlag(name: string): Promise<string | undefined> {
  return readKernelFile(flagOf(name));
}
