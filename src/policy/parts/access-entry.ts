import ipaddr from 'ipaddr.js';

export type Protocol = 'tcp' | 'udp' | 'icmp';

/** Inclusive. */
export interface PortRange {
  from: number;
  to: number;
}

/** A name stands for its addresses; with `bits` for the IPv4 subnets of so many bits that these are in, too. */
export interface NameTarget {
  kind: 'name';
  name: string;
  bits?: number;
}

/** One line of an access list. Without a protocol it stands for every protocol, without ports for every port. */
export interface AccessEntry {
  target: { kind: 'subnet'; family: 4 | 6; cidr: string } | NameTarget;
  protocol?: Protocol;
  ports?: readonly PortRange[];
  /** Its name is reached under addresses that stand for it alone; other names at the computers it leads to stay closed. */
  pinned?: true;
}

export const MAX_ENTRY_CHARACTERS = 300;
const MAX_RANGES = 16;
/** A name with less would open a good part of the world. */
const MIN_BITS = 8;
const PINNED = 'pinned';
const LABEL = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/;

/**
 * Reads a line of an access list: an address, a subnet (`10.0.0.0/8` or `10.0.0.0/255.0.0.0`) or a machine’s name (`name/24`:
 * with what is around its addresses),
 * then optionally a protocol, then optionally ports: `updates.example tcp 80,443,8000-8080`; behind a name optionally `pinned`.
 * Returns the problem as text when it is none. ACE 1.0 p. 232; protocols, ports and `pinned` are Lazaret’s own.
 */
export function parseEntry(text: string): AccessEntry | string {
  if (text.length > MAX_ENTRY_CHARACTERS) return `is longer than ${MAX_ENTRY_CHARACTERS} characters`;
  const words = text.trim().split(/\s+/);
  const isPinned = words.length > 1 && words.at(-1)?.toLowerCase() === PINNED;
  const [targetText = '', protocolText, portsText, ...more] = isPinned ? words.slice(0, -1) : words;
  if (more.length > 0) return 'has more than an address, a protocol and ports';
  const target = parseTarget(targetText.toLowerCase());
  if (typeof target === 'string') return target;
  const traffic = parseTraffic(protocolText, portsText);
  if (typeof traffic === 'string') return traffic;
  if (!isPinned) return { target, ...traffic };
  if (target.kind === 'subnet') return 'is an address; only a name can be pinned';
  return target.bits === undefined
    ? { target, ...traffic, pinned: true }
    : 'is pinned with bits after its name; only a name alone can be pinned';
}

function parseTraffic(
  protocolText: string | undefined,
  portsText: string | undefined,
): Pick<AccessEntry, 'protocol' | 'ports'> | string {
  if (protocolText === undefined) return {};
  const protocol = protocolText.toLowerCase();
  if (protocol !== 'tcp' && protocol !== 'udp' && protocol !== 'icmp')
    return `names the protocol ${protocol}; tcp, udp and icmp are known`;
  if (portsText === undefined) return { protocol };
  if (protocol === 'icmp') return 'has ports, but icmp has none';
  const ports = parsePorts(portsText);
  return typeof ports === 'string' ? ports : { protocol, ports };
}

/** The one way an entry is written: what `parseEntry` reads back as the same entry. */
export function formatEntry({ target, protocol, ports, pinned }: AccessEntry): string {
  const where =
    target.kind === 'name' ? nameText(target) : target.cidr.replace(target.family === 4 ? /\/32$/ : /\/128$/, '');
  const which = ports?.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`)).join(',');
  return [where, protocol, which, pinned && PINNED].filter((part) => part !== undefined).join(' ');
}

/** A name as an entry has it. */
export function nameText({ name, bits }: NameTarget): string {
  return bits === undefined ? name : `${name}/${bits}`;
}

function parseTarget(text: string): AccessEntry['target'] | string {
  const [host = '', mask, ...more] = text.split('/');
  if (more.length > 0) return 'has more than one “/”';
  if (ipaddr.IPv4.isValidFourPartDecimal(host) || ipaddr.IPv6.isValid(host)) return parseSubnet(host, mask);
  const name = host.replace(/\.$/, '');
  const labels = name.split('.');
  const isName = name.length <= 253 && labels.every((label) => LABEL.test(label)) && !/^\d+$/.test(labels.at(-1) ?? '');
  if (!isName) return 'is neither an address, a subnet nor a name';
  if (mask === undefined) return { kind: 'name', name };
  const bits = /^\d{1,2}$/.test(mask) ? Number(mask) : 0;
  if (bits < MIN_BITS || bits > 31) return `has ${mask} bits after a name; ${MIN_BITS} to 31 are possible`;
  return { kind: 'name', name, bits };
}

function parseSubnet(host: string, mask: string | undefined): AccessEntry['target'] | string {
  const address = ipaddr.parse(host);
  const bits = address.kind() === 'ipv4' ? 32 : 128;
  if (address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress())
    return 'is an IPv6 address that stands for an IPv4 address';
  if (address instanceof ipaddr.IPv6 && address.zoneId)
    return 'is an address on one link only: leave out what follows “%”';
  const prefix = mask === undefined ? bits : prefixOf(mask, bits);
  if (prefix === undefined) return `has an invalid mask: /${mask}`;
  const cidr = `${address.toString()}/${prefix}`;
  const first = bits === 32 ? ipaddr.IPv4.networkAddressFromCIDR(cidr) : ipaddr.IPv6.networkAddressFromCIDR(cidr);
  if (first.toString() !== address.toString()) return `starts inside a subnet; its first address is ${first}`;
  return { kind: 'subnet', family: bits === 32 ? 4 : 6, cidr };
}

function prefixOf(mask: string, bits: 32 | 128): number | undefined {
  if (/^\d{1,3}$/.test(mask)) return Number(mask) <= bits ? Number(mask) : undefined;
  if (bits === 128 || !ipaddr.IPv4.isValidFourPartDecimal(mask)) return undefined;
  return ipaddr.IPv4.parse(mask).prefixLengthFromSubnetMask() ?? undefined;
}

function parsePorts(text: string): PortRange[] | string {
  const ranges: PortRange[] = [];
  for (const part of text.split(',')) {
    const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part);
    if (!match) return `has invalid ports: ${text}`;
    const from = Number(match[1]);
    const to = Number(match[2] ?? match[1]);
    if (from < 1 || to > 65535 || from > to) return `has ports out of range: ${part}`;
    ranges.push({ from, to });
  }
  return ranges.length <= MAX_RANGES ? ranges : `has more than ${MAX_RANGES} ranges of ports`;
}
