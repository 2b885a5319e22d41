import type { AccessLists } from '../quarantine/access-list.ts';
import { GATEWAY, GUEST } from './addresses.ts';
import { MAX_TTL_S, nameSets, resolvesEverything } from './list-rules.ts';

/** The lists a helper can serve. */
export type ListKey = keyof AccessLists;

/** What the helper of one list is told. */
export interface HelperConfig {
  list: ListKey;
  lists: AccessLists;
  /** `listsDigest` of the lists: the sets of that name are written. */
  digest: string;
  /** The guest’s network card, which alone is given an address. */
  mac: string;
  /** Asked for the guest’s names; none, and no name resolves. */
  resolvers: readonly string[];
}

/**
 * dnsmasq’s configuration for one list of a machine. Listed names resolve, exactly and not what is below them, and their
 * addresses are in the packet filter’s sets before the answer is sent; other names are refused unless the list lets
 * every name resolve. The helper of the normal list also gives the guest its address.
 */
export function helperConfig(config: HelperConfig): string {
  const { list, lists, resolvers } = config;
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
    ...(list === 'normal' ? addressService(config.mac) : []),
    ...(resolvesEverything(lists[list]) ? resolvers.map((address) => `server=${address}`) : []),
  ];
  return `${[...base, ...nameLines(config)].join('\n')}\n`;
}

function addressService(mac: string): string[] {
  return [
    `dhcp-range=${GUEST},${GUEST},255.255.255.0,1h`,
    `dhcp-host=${mac},${GUEST}`,
    'dhcp-ignore=tag:!known',
    'dhcp-authoritative',
    'no-ping',
    'leasefile-ro',
    `dhcp-option=option:router,${GATEWAY}`,
    `dhcp-option=option:dns-server,${GATEWAY}`,
  ];
}

/**
 * dnsmasq takes `/name/` for the name and all below it. Below the names of a whitelist nothing resolves that is not
 * listed itself, or a guest could bring addresses of its choice into their sets; the longest match wins.
 * A blacklist’s sets may hold more than was meant. The other list’s sets are filled only where names are exact.
 */
function nameLines({ list, lists, digest, resolvers }: HelperConfig): string[] {
  const own = nameSets(lists[list], list, digest);
  const isExact = lists[list].mode === 'whitelist';
  const other = list === 'normal' ? 'restricted' : 'normal';
  const others = isExact ? nameSets(lists[other], other, digest) : new Map<string, string>();
  return [...own].flatMap(([name, set]) => {
    const sets = [set, others.get(name)].filter((named) => named !== undefined);
    const written = sets.flatMap((named) => [4, 6].map((family) => `${family}#inet#lazaret#${named}_${family}`));
    return [
      `nftset=/${name}/${written.join(',')}`,
      ...(isExact ? [...resolvers.map((address) => `server=/${name}/${address}`), `server=/*.${name}/`] : []),
    ];
  });
}
