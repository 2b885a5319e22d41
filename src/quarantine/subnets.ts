import ipaddr from 'ipaddr.js';
import { AppError } from '../lib/errors.ts';

/**
 * What a machine’s network may be made of, in the order in which it is chosen: `guest` is the link of a guest to its computer’s
 * side, `uplinks` has a small part for each machine’s link from there to the computer itself. The last are ranges that no
 * network uses: of documentation, and one that only kernels know.
 */
export const SUBNETS = {
  guest4: ['10.77.0.0/24', '172.29.77.0/24', '192.168.177.0/24', '198.51.100.0/24'],
  guest6: ['fd77::/64', 'fd5c:77::/64', '3fff:77::/64'],
  uplinks4: ['10.213.0.0/16', '172.27.0.0/16', '100.113.0.0/16', '240.213.0.0/16'],
  uplinks6: ['fd21:3::/32', 'fd8e:3::/32', '3fff:213::/32'],
} as const;
type Kind = keyof typeof SUBNETS;

/** Those of one machine. */
export type Subnets = Readonly<Record<Kind, string>>;

/** Where nothing is known of the computer. */
export const USUAL_SUBNETS: Subnets = {
  guest4: SUBNETS.guest4[0],
  guest6: SUBNETS.guest6[0],
  uplinks4: SUBNETS.uplinks4[0],
  uplinks6: SUBNETS.uplinks6[0],
};

/** A route or an address of the computer. */
export interface Taken {
  cidr: string;
  /** The interface it leads to, and its table of routes where that is another than the main one. */
  by: string;
}

/** A subnet of a machine’s, and what of the computer lies in it or around it. */
export interface Clash {
  subnet: string;
  taken: string;
  by: string;
}

/** A clash that was seen at the start, and the subnet that was chosen instead. */
export interface Moved extends Clash {
  to: string;
}

/**
 * Chooses a machine’s subnets so that nothing that its computer reaches is hidden from it; those of IPv6 where it has it.
 * @throws SUBNETS_TAKEN with what is in the way
 */
export function chooseSubnets(taken: readonly Taken[], ipv6: boolean): { subnets: Subnets; moved: Moved[] } {
  const moved: Moved[] = [];
  const choose = (kind: Kind) => {
    const clashes = SUBNETS[kind].map((subnet) => clashOf(subnet, taken));
    const to = SUBNETS[kind][clashes.indexOf(undefined)];
    if (to === undefined) throw noneFree(clashes);
    if (clashes[0]) moved.push({ ...clashes[0], to });
    return to;
  };
  const six = () => ({ guest6: choose('guest6'), uplinks6: choose('uplinks6') });
  const subnets = { ...USUAL_SUBNETS, guest4: choose('guest4'), uplinks4: choose('uplinks4'), ...(ipv6 ? six() : {}) };
  return { subnets, moved };
}

/** What has come up on the computer, since they were chosen, where a machine’s subnets are. */
export function clashesOf(subnets: Subnets, taken: readonly Taken[], ipv6: boolean): Clash[] {
  const { guest4, uplinks4, guest6, uplinks6 } = subnets;
  const own = [guest4, uplinks4, ...(ipv6 ? [guest6, uplinks6] : [])];
  return own.map((subnet) => clashOf(subnet, taken)).filter((clash) => clash !== undefined);
}

/** What of the computer may matter to any choice. */
export function ofConcern(taken: readonly Taken[]): Taken[] {
  const all: readonly string[] = Object.values(SUBNETS).flat();
  return taken.filter((each) => all.some((subnet) => clashOf(subnet, [each])));
}

/** A sentence for people. */
export function movedText({ subnet, taken, by, to }: Moved): string {
  return `${to} instead of ${subnet}, because this computer has ${taken} on ${by}`;
}

export function clashText({ subnet, taken, by }: Clash): string {
  return `this computer now has ${taken} on ${by}, and the machine has ${subnet} itself: until it is stopped and started it reaches nothing there`;
}

function clashOf(subnet: string, taken: readonly Taken[]): Clash | undefined {
  const found = taken.find(({ cidr }) => isNarrow(cidr) && overlap(subnet, cidr));
  return found && { subnet, taken: found.cidr, by: found.by };
}

/** Default routes say nothing of what is there; VPNs have them in halves and eighths. */
function isNarrow(cidr: string): boolean {
  const [address, bits] = ipaddr.parseCIDR(cidr);
  return bits >= (address.kind() === 'ipv4' ? 8 : 7);
}

function overlap(a: string, b: string): boolean {
  const [address, bits] = ipaddr.parseCIDR(a);
  const [other, otherBits] = ipaddr.parseCIDR(b);
  return address.kind() === other.kind() && address.match(other, Math.min(bits, otherBits));
}

function noneFree(clashes: readonly (Clash | undefined)[]): AppError {
  const ways = clashes.map((clash) => clash && `${clash.subnet} (this computer has ${clash.taken} on ${clash.by})`);
  return new AppError('SUBNETS_TAKEN', `none of the subnets that a machine may have is free: ${ways.join(', ')}`);
}
