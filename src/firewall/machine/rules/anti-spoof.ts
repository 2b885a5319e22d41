import { type GuestCard, linkLocal } from '../../addresses.ts';

/**
 * Stateless, before everything else: the guest has its cards and an address a card, serves nobody addresses or routes, and chooses no
 * routes. Which card of several sends what makes no difference: whatever it sends is judged alike.
 */
export function antiSpoof(cards: readonly GuestCard[], ipv6: boolean): string {
  const macs = anyOf(cards.map(({ mac }) => mac));
  const addresses = cards.map(({ ip6 }) => ip6);
  const links = cards.map(({ mac }) => linkLocal(mac));
  return `table netdev lazaret_l2 {
  counter drop_mac { }
  chain g_arp {
${arpRules(cards)}    drop
  }
  chain g_ip4 {
    ip saddr 0.0.0.0 ip daddr 255.255.255.255 udp sport 68 udp dport 67 accept
    ip saddr != ${anyOf(cards.map(({ ip }) => ip))} drop
    ip hdrlength != 5 drop
    icmp type redirect drop
    udp sport 67 drop
    accept
  }
${ipv6 ? ipv6Chains(links, addresses) : discoveryChain(links)}  chain guest {
    type filter hook ingress device "tap0" priority -500; policy drop;
    ether saddr != ${macs} counter name drop_mac drop
    ether type vmap { arp : jump g_arp, ip : jump g_ip4, ip6 : jump g_ip6 }
  }
}
`;
}

/**
 * A card answers for its own address alone, so that answers come to it: a Linux guest answers on each card for all. What it asks it may ask
 * with any of its addresses, as it does where the way of one card is that of all.
 */
function arpRules(cards: readonly GuestCard[]): string {
  const own = cards.map(({ mac, ip }) => `    arp saddr ether ${mac} arp saddr ip { 0.0.0.0, ${ip} } accept\n`);
  if (cards.length === 1) return own.join('');
  const [macs, ips] = [anyOf(cards.map(({ mac }) => mac)), anyOf(cards.map(({ ip }) => ip))];
  return `${own.join('')}    arp operation request arp saddr ether ${macs} arp saddr ip ${ips} accept\n`;
}

/** One value, or a set of several. */
function anyOf(values: readonly string[]): string {
  return values.length === 1 ? values.join('') : `{ ${values.join(', ')} }`;
}

/** Without an IPv6 network a guest may still look for one, and finds that there is none. */
function discoveryChain(links: readonly string[]): string {
  return `  chain g_ip6 {
    ip6 saddr { ::, ${links.join(', ')} } ip6 nexthdr ipv6-icmp icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit } accept
    drop
  }
`;
}

/**
 * What may follow the IPv6 header directly is named, so that no chain of extension headers hides what a packet is. One
 * may: that of fragments, before what is put together again before it is judged. Neighbour discovery is never in pieces (RFC 6980).
 */
function ipv6Chains(links: readonly string[], addresses: readonly string[]): string {
  const own = `{ ${[...addresses, ...links].map(asNumber).join(', ')} }`;
  return `  chain g_icmp6 {
    icmpv6 type nd-neighbor-advert @th,64,128 != ${own} drop
    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit } accept
    icmpv6 type { echo-request, echo-reply } accept
    icmpv6 type { destination-unreachable, packet-too-big, time-exceeded, parameter-problem } accept
    drop
  }
  chain g_ip6 {
    ip6 saddr { ::, ${links.join(', ')} } ip6 daddr ff02::16 icmpv6 type mld2-listener-report accept
    ip6 saddr :: ip6 nexthdr ipv6-icmp icmpv6 type nd-neighbor-solicit @th,64,128 ${own} accept
    ip6 saddr :: ip6 nexthdr ipv6-icmp icmpv6 type nd-router-solicit accept
    ip6 saddr != { ${[...links, ...addresses].join(', ')} } drop
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
