import { AppError } from '../../../lib/errors.ts';
import { type Ipv6Before, parseIpv6Before } from './forwarding-ipv6.ts';
import { isInterface } from './host-links.ts';

/** What has to be put back once the last machine has gone. */
export interface HostState {
  /** The interfaces whose flag we raised. */
  raised: string[];
  /** Whether the whole computer passed IPv4 packets on when we looked last; then others want that. */
  forwards?: true;
  /** Where it is there, the computer passes IPv6 packets on because of us. */
  ipv6?: Ipv6Before;
}

/** @throws NETWORK_FAILED when it is no such file */
export function parseHostState(text: string): HostState {
  const state = parseJson(text);
  const { raised, ipv6, forwards }: Record<string, unknown> = isRecord(state) && state['format'] === 1 ? state : {};
  if (!Array.isArray(raised) || !raised.every(isInterface))
    throw new AppError('NETWORK_FAILED', 'what is known of the computer’s interfaces cannot be read');
  const before = parseIpv6Before(ipv6);
  return { raised, ...(forwards === true ? { forwards } : {}), ...(before ? { ipv6: before } : {}) };
}

/** What stands in the sets of `hostRules`, by how nft lists the table; undefined where that is not there. */
export function parseHostTable(listing: string | undefined): HostState | undefined {
  if (listing === undefined) return undefined;
  const members = (name: string): string[] | undefined => {
    const found = new RegExp(`^\\tset ${name} \\{([^}]*\\}?)`, 'm').exec(listing)?.[1];
    return found === undefined ? undefined : [...found.matchAll(/"([^"]*)"/g)].map(([, each = '']) => each);
  };
  const [raised, forwarding, acceptRa] = [members('raised'), members('raised6'), members('advised6')];
  if (!raised?.every(isInterface)) return undefined;
  const ipv6 = forwarding?.every(isInterface) && acceptRa?.every(isInterface) ? { forwarding, acceptRa } : undefined;
  return { raised, ...(ipv6 ? { ipv6 } : {}) };
}

/**
 * What we know together with what another of our programs, as a preview is beside the service, has put into the table. Where the
 * whole computer passes IPv4 packets on no interface is ours.
 */
export function joinedStates(own: HostState, other: HostState | undefined, forwardsAll: boolean): HostState {
  const ipv6 = own.ipv6 ?? other?.ipv6;
  const raised = forwardsAll ? own.raised : [...new Set([...own.raised, ...(other?.raised ?? [])])].sort();
  return { ...own, raised, ...(ipv6 ? { ipv6 } : {}) };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AppError('NETWORK_FAILED', 'what is known of the computer’s interfaces cannot be read', { cause });
  }
}
