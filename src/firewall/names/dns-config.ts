import type { AccessList, AccessLists } from '../../quarantine/lists/access-list.ts';
import { pinnedNames } from '../../quarantine/lists/pinned.ts';
import type { Subnets } from '../../quarantine/subnets.ts';
import { FORWARDER, guestAddresses, guestCards } from '../addresses.ts';
import { hasPrivate, inside } from '../inside.ts';
import { answeredSet, MAX_TTL_S, nameSets, resolvesEverything } from '../machine/rules/list-rules.ts';

/** The lists a helper can serve. */
export type ListKey = keyof AccessLists;

/** Whom the helper of the normal list gives an address to. */
export interface Guest {
  /** Its network cards, the first one first, which alone are given one each. */
  macs: readonly string[];
  /** Whether it is given an IPv6 address too. */
  ipv6?: boolean;
  /** Its machine’s own. */
  subnets: Subnets;
}

/** What the helper of one list is told. */
export interface HelperConfig extends Guest {
  list: ListKey;
  lists: AccessLists;
  /** `listsDigest` of the lists: the sets of that name are written. */
  digest: string;
  /** Whether there is a forwarder to ask for the guest’s names; otherwise none resolves. */
  isForwarded: boolean;
  /** What is answered for some names in the resolvers’ stead; see `ListedNames`. A pinned name that is not there has no address. */
  answers: ReadonlyMap<string, readonly string[]>;
}

/** How long a guest may keep such an answer. */
const OWN_TTL_S = 30;
const ASKED = `${FORWARDER.address}#${FORWARDER.port}`;

/**
 * dnsmasq’s configuration for one list of a machine. Listed names resolve, exactly and not what is below them, and their
 * addresses are in the packet filter’s sets before the answer is sent; other names are refused unless the list lets
 * every name resolve. No answer points inside. The helper of the normal list also gives the guest its address.
 */
export function helperConfig(config: HelperConfig): string {
  const { list, lists, isForwarded } = config;
  const base = [
    'interface=tap0',
    'except-interface=lo',
    'bind-interfaces',
    'no-resolv',
    'no-hosts',
    'no-poll',
    'no-ident',
    'pid-file=',
    'log-facility=/dev/null',
    `max-ttl=${MAX_TTL_S}`,
    `max-cache-ttl=${MAX_TTL_S}`,
    ...inside(config.subnets).map((cidr) => `bogus-nxdomain=${cidr}`),
    ...rebinding(lists[list]),
    ...(list === 'normal' ? addressService(config) : []),
    ...(isForwarded && resolvesEverything(lists[list]) ? [`server=${ASKED}`] : []),
  ];
  return `${[...base, ...nameLines(config)].join('\n')}\n`;
}

/**
 * Under a whitelist a name that is not on it stands for no private address, unless the list itself has private subnets
 * and such names may be needed to find what is there. A listed name may: so are an intranet’s servers listed.
 */
function rebinding(list: AccessList): string[] {
  const hasPrivateSubnets = list.entries.some(({ target }) => target.kind === 'subnet' && hasPrivate(target.cidr));
  if (list.mode === 'blacklist' || !list.exceptions.has('dns') || hasPrivateSubnets) return [];
  return ['stop-dns-rebind', ...[...nameSets(list, 'normal', '').keys()].map((name) => `rebind-domain-ok=/${name}/`)];
}

function addressService({ macs, ipv6, subnets }: Guest): string[] {
  const { gateway, guest, gateway6, guest6 } = guestAddresses(subnets);
  const cards = guestCards(macs, subnets);
  const { ip: last, ip6: last6 } = cards.at(-1) ?? { ip: guest, ip6: guest6 };
  return [
    `dhcp-range=${guest},${last},255.255.255.0,1h`,
    ...cards.map(({ mac, ip, ip6 }) => `dhcp-host=${mac},${ip}${ipv6 ? `,[${ip6}]` : ''}`),
    'dhcp-ignore=tag:!known',
    'dhcp-authoritative',
    'no-ping',
    'leasefile-ro',
    `dhcp-option=option:router,${gateway}`,
    `dhcp-option=option:dns-server,${gateway}`,
    ...(ipv6 ? ipv6Service(gateway6, { guest6, last6 }) : []),
  ];
}

/**
 * A card’s one address is leased, never made by itself of an advertised prefix. The lease is as short as dnsmasq has
 * them: a guest that calls itself something else after a reset, as a boot loader and a system do, waits for its end.
 */
function ipv6Service(gateway6: string, { guest6, last6 }: { guest6: string; last6: string }): string[] {
  return [
    'enable-ra',
    'ra-param=tap0,60,1800',
    `dhcp-range=${guest6},${last6},64,2m`,
    `dhcp-option=option6:dns-server,[${gateway6}]`,
  ];
}

/**
 * dnsmasq takes `/name/` for the name and all below it. Below the names of a whitelist nothing resolves that is not
 * listed itself, or a guest could bring addresses of its choice into their sets; the longest match wins.
 * A blacklist’s sets may hold more than was meant, also while the other list is in force: a guest keeps an answer for
 * longer than that. The other list’s whitelist is filled only where names are exact.
 * Of several lines for one name dnsmasq heeds the first, so that each name has one, with all its sets.
 */
function nameLines({ list, lists, digest, isForwarded, answers }: HelperConfig): string[] {
  const own = nameSets(lists[list], list, digest);
  const isExact = lists[list].mode === 'whitelist';
  const other = list === 'normal' ? 'restricted' : 'normal';
  const fillsOthers = isExact || lists[other].mode === 'blacklist';
  const others = fillsOthers ? nameSets(lists[other], other, digest) : new Map<string, string>();
  const pinned = pinnedNames(lists[list]).sort();
  const pinnedLines = pinned.flatMap((name) => [...ownLines(name, answers.get(name) ?? []), `server=/*.${name}/`]);
  const lines = [...own].flatMap(([name, set]) => {
    const kept = answers.get(name) ?? [];
    const asked = kept.length > 0 ? ownLines(name, kept) : isForwarded ? [`server=/${name}/${ASKED}`] : [];
    return [setsLine(name, [set, others.get(name)]), ...(isExact ? [...asked, `server=/*.${name}/`] : [])];
  });
  const closedByOther = resolvesEverything(lists[list]) && lists[other].mode === 'blacklist' ? [...others] : [];
  const othersLines = closedByOther.flatMap(([name, set]) => (own.has(name) ? [] : [setsLine(name, [set])]));
  return [...lines, ...othersLines, ...pinnedLines];
}

function setsLine(name: string, sets: readonly (string | undefined)[]): string {
  const written = sets
    .filter((set) => set !== undefined)
    .flatMap((set) => [4, 6].map((family) => `${family}#inet#lazaret#${answeredSet(set)}_${family}`));
  return `nftset=/${name}/${written.join(',')}`;
}

/** A set that a helper writes its answers to, beside those of the service, and the names that it does so for. */
export interface WrittenSet {
  names: Set<string>;
  /** Whether it has what these names stand for alone, and nothing of what is below them. */
  isExact: boolean;
}

/** The sets that helpers were told to write, by the names that `nameSets` gives them. */
export function writtenSets(configs: readonly string[]): Map<string, WrittenSet> {
  const written = new Map<string, WrittenSet>();
  for (const config of configs) {
    const closed = new Set([...config.matchAll(/^server=\/\*\.([^/]+)\/$/gm)].map(([, name]) => name));
    for (const [, name = '', targets = ''] of config.matchAll(/^nftset=\/([^/]+)\/(.+)$/gm)) {
      for (const [, set = ''] of targets.matchAll(/#(\w+)_4(?:,|$)/g)) {
        const base = set.slice(0, set.length - answeredSet('').length);
        const known = written.get(base) ?? { names: new Set(), isExact: true };
        written.set(base, { names: known.names.add(name), isExact: known.isExact && closed.has(name) });
      }
    }
  }
  return written;
}

/** The name is not asked for elsewhere, or the guest would wait for an answer of the other family. */
function ownLines(name: string, addresses: readonly string[]): string[] {
  return [`server=/${name}/`, ...addresses.map((address) => `host-record=${name},${address},${OWN_TTL_S}`)];
}
