import { UPLINKS, UPLINKS6 } from '../../quarantine/always-closed.ts';

/**
 * The only rules outside the machines’ namespaces, put in place of what stood there in one transaction.
 * No machine reaches another or any address of the host, and nothing from outside reaches a machine. `raised` are the
 * interfaces that pass IPv4 packets on only because of us: what comes in there and is not for a machine goes no further;
 * nor does any IPv6 packet where the computer passes those on only because of us, `raised6`.
 * What machines send is counted as it comes and as it leaves: another program’s rules may stand between.
 * `ownOutside` are addresses of this computer that are not in this namespace: no machine reaches them either.
 */
export function hostRules(raised: readonly string[], ownOutside: readonly string[] = [], raised6 = false): string {
  const elements = raised.length > 0 ? ` elements = { ${raised.map((name) => `"${name}"`).join(', ')} }` : '';
  return `table inet lazaret_host
delete table inet lazaret_host
table inet lazaret_host {
  set raised { type ifname;${elements}
  }
  counter came { }
  counter went { }
  chain forward {
    type filter hook forward priority filter - 5; policy accept;
    iifname "lz-*" oifname "lz-*" drop
${ownRules(ownOutside)}    iifname "lz-*" ct state new counter name came
    oifname "lz-*" ct state established,related accept
    oifname "lz-*" drop
    meta nfproto ipv4 iifname @raised drop
${raised6 ? '    meta nfproto ipv6 iifname != "lz-*" drop\n' : ''}  }
  chain input {
    type filter hook input priority filter - 5; policy accept;
    iifname "lz-*" ct state established,related accept
    iifname "lz-*" icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
    iifname "lz-*" meta l4proto tcp reject with tcp reset
    iifname "lz-*" reject with icmpx admin-prohibited
  }
  chain passed {
    type filter hook postrouting priority mangle; policy accept;
    ip saddr ${UPLINKS} oifname != "lz-*" ct state new counter name went
    ip6 saddr ${UPLINKS6} oifname != "lz-*" ct state new counter name went
  }
  chain post {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr ${UPLINKS} oifname != "lz-*" masquerade
    ip6 saddr ${UPLINKS6} oifname != "lz-*" masquerade
  }
}
`;
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
