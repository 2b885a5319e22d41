import { type GuestAddresses, linkLocal } from '../../addresses.ts';

/** Stateless, before everything else: the guest has one card and one address, serves nobody addresses or routes, and chooses no routes. */
export function antiSpoof(mac: string, { guest, guest6 }: GuestAddresses, ipv6: boolean): string {
  return `table netdev lazaret_l2 {
  counter drop_mac { }
  chain g_arp {
    arp saddr ether ${mac} arp saddr ip { 0.0.0.0, ${guest} } accept
    drop
  }
  chain g_ip4 {
    ip saddr 0.0.0.0 ip daddr 255.255.255.255 udp sport 68 udp dport 67 accept
    ip saddr != ${guest} drop
    ip hdrlength != 5 drop
    icmp type redirect drop
    udp sport 67 drop
    accept
  }
${ipv6 ? ipv6Chains(linkLocal(mac), guest6) : discoveryChain(linkLocal(mac))}  chain guest {
    type filter hook ingress device "tap0" priority -500; policy drop;
    ether saddr != ${mac} counter name drop_mac drop
    ether type vmap { arp : jump g_arp, ip : jump g_ip4, ip6 : jump g_ip6 }
  }
}
`;
}

/** Without an IPv6 network a guest may still look for one, and finds that there is none. */
function discoveryChain(link: string): string {
  return `  chain g_ip6 {
    ip6 saddr { ::, ${link} } ip6 nexthdr ipv6-icmp icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit } accept
    drop
  }
`;
}

/**
 * What may follow the IPv6 header directly is named, so that no chain of extension headers hides what a packet is. One
 * may: that of fragments, before what is put together again before it is judged. Neighbour discovery is never in pieces (RFC 6980).
 */
function ipv6Chains(link: string, guest6: string): string {
  const own = `{ ${[guest6, link].map(asNumber).join(', ')} }`;
  return `  chain g_icmp6 {
    icmpv6 type nd-neighbor-advert @th,64,128 != ${own} drop
    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit } accept
    icmpv6 type { echo-request, echo-reply } accept
    icmpv6 type { destination-unreachable, packet-too-big, time-exceeded, parameter-problem } accept
    drop
  }
  chain g_ip6 {
    ip6 saddr { ::, ${link} } ip6 daddr ff02::16 icmpv6 type mld2-listener-report accept
    ip6 saddr :: ip6 nexthdr ipv6-icmp icmpv6 type nd-neighbor-solicit @th,64,128 ${own} accept
    ip6 saddr :: ip6 nexthdr ipv6-icmp icmpv6 type nd-router-solicit accept
    ip6 saddr != { ${link}, ${guest6} } drop
    udp sport 547 drop
    ip6 nexthdr ipv6-icmp goto g_icmp6
    ip6 nexthdr { tcp, udp, udplite, sctp, dccp, esp } accept
    ip6 nexthdr ipv6-frag frag nexthdr { tcp, udp } accept
    drop
  }
`;
}

/** An address as nftables takes it where a packet’s bytes have no name. */
function asNumber(address: string): string {
  const [head = '', tail = ''] = address.split('::');
  const words = (part: string) => part.split(':').filter(Boolean);
  const [first, last] = [words(head), words(tail)];
  const all = [...first, ...Array.from({ length: 8 - first.length - last.length }, () => '0'), ...last];
  return `0x${all.map((word) => word.padStart(4, '0')).join('')}`;
}
