import type { HostState } from './host-state.ts';

/**
 * The only rules outside the machines’ namespaces, put in place of what stood there in one transaction.
 * No machine reaches another or any address of the host, and nothing from outside reaches a machine. `raised` are the
 * interfaces that pass IPv4 packets on only because of us: what comes in there and is not for a machine goes no further;
 * nor does any IPv6 packet where the computer passes those on only because of us, `ipv6`. Both stand in sets too, so that
 * whoever of us is the last here can put all of it back (`parseHostTable`).
 * What machines send is counted as it comes and as it leaves: another program’s rules may stand between.
 * Their connections are told of segments that fit the way, which they cannot see themselves where messages of it are lost.
 * `ownOutside` are addresses of this computer that are not in this namespace: no machine reaches them either.
 */
export function hostRules({ raised, ipv6 }: HostState, ownOutside: readonly string[] = []): string {
  const before6 = ipv6 ? interfaceSet('raised6', ipv6.forwarding) + interfaceSet('advised6', ipv6.acceptRa) : '';
  return `table inet lazaret_host
delete table inet lazaret_host
table inet lazaret_host {
${interfaceSet('raised', raised)}${before6}${COUNTED.map((name) => `  set ${name} { type ifname; size 16384; flags dynamic; counter; }\n`).join('')}  chain forward {
    type filter hook forward priority filter - 5; policy accept;
    iifname "lz-*" oifname "lz-*" drop
${ownRules(ownOutside)}    iifname "lz-*" ct state new update @came { iifname }
    iifname "lz-*" ${FITTING}
    oifname "lz-*" ${FITTING}
    oifname "lz-*" ct state established,related accept
    oifname "lz-*" drop
    meta nfproto ipv4 iifname @raised drop
${ipv6 ? '    meta nfproto ipv6 iifname != "lz-*" drop\n' : ''}  }
  chain input {
    type filter hook input priority filter - 5; policy accept;
    iifname "lz-*" ct state established,related accept
    iifname "lz-*" icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
    iifname "lz-*" meta l4proto tcp reject with tcp reset
    iifname "lz-*" reject with icmpx admin-prohibited
  }
  chain passed {
    type filter hook postrouting priority mangle; policy accept;
    iifname "lz-*" ct state new update @went { iifname }
  }
  chain post {
    type nat hook postrouting priority srcnat; policy accept;
    iifname "lz-*" oifname != "lz-*" masquerade
  }
}
`;
}

/** The machines’ first packets of flows, by their uplinks. */
const COUNTED = ['came', 'went'];

/** The kernel makes it no larger than it was. */
const FITTING = 'tcp flags & (syn | rst) == syn tcp option maxseg size set rt mtu';

function interfaceSet(name: string, members: readonly string[]): string {
  const elements = members.length > 0 ? ` elements = { ${members.map((member) => `"${member}"`).join(', ')} }` : '';
  return `  set ${name} { type ifname;${elements}\n  }\n`;
}

function ownRules(addresses: readonly string[]): string {
  const rules = (['ip', 'ip6'] as const).flatMap((family) => {
    const own = addresses.filter((address) => address.includes(':') === (family === 'ip6'));
    if (own.length === 0) return [];
    const match = `iifname "lz-*" ${family} daddr { ${own.join(', ')} }`;
    return [
      `    ${match} meta l4proto tcp reject with tcp reset\n`,
      `    ${match} reject with icmpx admin-prohibited\n`,
    ];
  });
  return rules.join('');
}
