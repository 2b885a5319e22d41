import { execFileSync } from 'node:child_process';
import { arpFrame, ethernet, lldpFrame, tagged, udpFrame } from './frames.ts';
import { SERVERS, SERVERS6 } from './lab.ts';
import { before, discovery, icmp6, LINK_LOCAL, NEXT, packet6, piece, udp6 } from './packets6.ts';

/** What finds frames behind the filter, and the frames. */
export type Forged = [match: string, ...frames: Buffer[]];

/** What a guest’s root may put on the wire, by what finds it behind the filter; the first is honest. */
export function forged4(card: string, to: string = SERVERS.updates): Forged[] {
  const good = { to, toPort: 9 };
  return [
    ['udp dport 9', udpFrame(good, card)],
    ['ether saddr != 52:54:00:aa:bb:01', udpFrame({ ...good, mac: '52:54:00:aa:bb:02' }, card)],
    [
      'ip saddr != { 10.77.0.2, 0.0.0.0 }',
      ...['10.77.0.3', '10.77.0.1', '10.1.0.2', '127.0.0.1'].map((from) => udpFrame({ ...good, from }, card)),
    ],
    ['udp sport 67', udpFrame({ to: '255.255.255.255', fromPort: 67, toPort: 68 })],
    ['arp saddr ip 10.77.0.1', arpFrame('10.77.0.1')],
    ['ether type 0x8100', tagged(udpFrame(good, card))],
    ['ether type 0x88cc', lldpFrame()],
    ['ether type 0x888e', ethernet(0x888e, Buffer.alloc(46), { to: card })],
  ];
}

/** The same over IPv6. */
export function forged6(card: string, to: string = SERVERS6.updates): Forged[] {
  const good = { to, next: NEXT.udp, payload: udp6(4000, 9, to), card };
  const message = (type: number, body: Buffer, from = LINK_LOCAL, at = 'ff02::1') =>
    packet6({ from, to: at, next: NEXT.icmp, payload: icmp6(type, body, from, at) });
  const advertisement = icmp6(134, Buffer.alloc(12), LINK_LOCAL, 'ff02::1');
  const link = { from: LINK_LOCAL, to: 'ff02::1' };
  return [
    ['udp dport 9', packet6(good)],
    ['ether saddr != 52:54:00:aa:bb:01', packet6({ ...good, mac: '52:54:00:aa:bb:02' })],
    ['ip6 saddr fd77::3', packet6({ ...good, from: 'fd77::3', payload: udp6(4000, 9, to, 'fd77::3') })],
    ['ip6 saddr fd77::1', packet6({ ...good, from: 'fd77::1', payload: udp6(4000, 9, to, 'fd77::1') })],
    ['ip6 saddr fe80::1', packet6({ ...good, from: 'fe80::1' })],
    ['ip6 saddr fd99::1', message(128, Buffer.alloc(4), 'fd99::1')],
    ['icmpv6 type nd-router-advert', message(134, Buffer.alloc(12))],
    ['icmpv6 type nd-redirect', message(137, Buffer.alloc(36))],
    ['icmpv6 type 138', message(138, Buffer.alloc(12))],
    ['icmpv6 type mld-listener-query', message(130, Buffer.alloc(20))],
    ['icmpv6 type nd-neighbor-advert @th,64,64 0xfd77000000000000 @th,128,64 1', message(136, discovery('fd77::1'))],
    ['icmpv6 type nd-neighbor-advert @th,64,64 0xfe80000000000000 @th,128,64 1', message(136, discovery('fe80::1'))],
    // Its own address the guest’s kernel asks for so by itself.
    [
      'ip6 saddr :: icmpv6 type nd-neighbor-solicit @th,64,64 0xfd77000000000000 @th,128,64 1',
      message(135, discovery('fd77::1'), '::', 'ff02::1:ff00:1'),
    ],
    ['udp sport 547', packet6({ ...link, next: NEXT.udp, payload: udp6(547, 546, 'ff02::1', LINK_LOCAL) })],
    [
      'ip6 nexthdr 0 ip6 daddr != ff02::16',
      packet6({ ...good, next: NEXT.hopByHop, payload: before(NEXT.udp, good.payload) }),
    ],
    ['ip6 nexthdr 60', packet6({ ...good, next: NEXT.destination, payload: before(NEXT.udp, good.payload) })],
    [
      'ip6 nexthdr 43',
      packet6({ ...good, next: NEXT.routing, payload: before(NEXT.udp, good.payload, [0, 0, 0, 0, 0, 0]) }),
    ],
    ['ip6 nexthdr 59', packet6({ ...good, next: 59 })],
    ['ip6 nexthdr 4', packet6({ ...good, next: 4 })],
    [
      'frag nexthdr 58',
      packet6({ ...link, next: NEXT.fragment, payload: piece(NEXT.icmp, advertisement.subarray(0, 8), 0, true) }),
      packet6({ ...link, next: NEXT.fragment, payload: piece(NEXT.icmp, advertisement.subarray(8), 8, false) }),
    ],
    [
      'frag nexthdr 60',
      packet6({
        ...link,
        next: NEXT.fragment,
        payload: piece(NEXT.destination, before(NEXT.icmp, Buffer.alloc(0)), 0, true),
      }),
      packet6({ ...link, next: NEXT.fragment, payload: piece(NEXT.destination, advertisement, 8, false) }),
    ],
  ];
}

/** Counts, behind the filter of the machine whose namespace the words lead to, what the matches find. */
export function countBehind(enter: readonly string[], matches: readonly string[]): () => number[] {
  const [program = '', ...args] = [...enter, 'nft'];
  const rules = matches.map((match) => `${match} counter`).join('\n');
  const input = `table netdev behind {\nchain c { type filter hook ingress device "tap0" priority 0; policy accept;\n${rules}\n}\n}`;
  execFileSync(program, [...args, '-f', '-'], { input });
  return () => {
    const text = execFileSync(program, [...args, 'list', 'table', 'netdev', 'behind'], { encoding: 'utf8' });
    return [...text.matchAll(/packets (\d+)/g)].map(([, packets]) => Number(packets));
  };
}
