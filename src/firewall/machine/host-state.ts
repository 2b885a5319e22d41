import { AppError } from '../../lib/errors.ts';
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
