import type { AccessMode } from '../../../quarantine/access-mode.ts';
import type { AccessLists } from '../../../quarantine/lists/access-list.ts';
import { closedByFilter } from '../../../quarantine/lists/always-closed.ts';
import { type Subnets, USUAL_SUBNETS } from '../../../quarantine/subnets.ts';
import { DNS_PORTS, FORWARDER, guestCards, PRINTER_PORT } from '../../addresses.ts';
import { antiSpoof } from './anti-spoof.ts';
import { listRules, listsDigest, pinnedMap } from './list-rules.ts';

/**
 * How many flows a guest may have at a time: its computer knows each of them too, in a table that all its programs share.
 * As many questions for names may be open beside them, and half as many of the helper’s own.
 */
export const MAX_FLOWS = 4096;

/** What a machine’s rules are made of. */
export interface MachineRules {
  /** The guest’s network card. */
  mac: string;
  /** Its further ones, which reach what the first one reaches. */
  furtherMacs?: readonly string[];
  /** Whether the guest has an IPv6 network beside the other. */
  ipv6?: boolean;
  /** The usual ones where it is not said. */
  subnets?: Subnets;
  lists: AccessLists;
  /** The addresses of the computer itself, which no machine reaches, whatever its lists say. */
  computer?: readonly string[];
  /** Who may ask the forwarder for the guest’s names; undefined when nobody may. */
  helper: { uid: number } | undefined;
}

/**
 * The whole packet filter of a machine’s namespace, in mode `refuse` and generation 1, one transaction for `nft -f`.
 * Every accepted flow carries in its mark the generation that accepted it; once that has moved on, each flow is judged
 * again at its next packet, whichever end sends it. quarantine-network §3, §4. A message of error belongs to the flow it
 * quotes: judged by its own kind, it would give its generation to a flow that is closed.
 */
export function ruleset(rules: MachineRules): string {
  const { mac, furtherMacs = [], ipv6 = false, subnets = USUAL_SUBNETS } = rules;
  return `${antiSpoof(guestCards([mac, ...furtherMacs], subnets), ipv6)}${filter(rules, closedByFilter(subnets))}${listRules(rules.lists, listsDigest(rules.lists))}`;
}

function filter({ helper, computer = [] }: MachineRules, closed: Record<4 | 6, string[]>): string {
  return `table inet lazaret {
  counter rejected { }
${deniedSets()}${computerSets(computer)}  chain stamp_accept { ct mark set 1 accept; }
  chain current { ct mark 1 accept; }
  chain refuse {
    counter name rejected
    meta l4proto { tcp, udp } update @denied4 { ip daddr . meta l4proto . th dport }
    meta l4proto { tcp, udp } update @denied6 { ip6 daddr . meta l4proto . th dport }
    meta l4proto != { tcp, udp } update @denied_other4 { ip daddr . meta l4proto }
    meta l4proto != { tcp, udp } update @denied_other6 { ip6 daddr . meta l4proto }
    meta l4proto tcp reject with tcp reset
    reject with icmpx admin-prohibited
  }
  chain refuse_in {
    meta l4proto tcp reject with tcp reset
    drop
  }
  chain mode { goto refuse; }
  chain mode_in { goto refuse_in; }
  chain dns_redirect { }
  chain pinned { }
  chain printer { }
  chain printing { }
  chain dns_in { }
  chain dns_out { }
  chain dns_ask {
    ${askRule(helper) ?? ''}
  }
  chain out {
    ct state invalid,untracked drop
    ip daddr @computer4 goto refuse
    ip6 daddr @computer6 goto refuse
    ip daddr { ${closed[4].join(', ')} } goto refuse
    ip6 daddr { ${closed[6].join(', ')} } goto refuse
    ct state established,related jump current
    ct state related drop
    ct state new ct count over ${MAX_FLOWS} goto refuse
    goto mode
  }
  chain in {
    ct state established,related jump current
    ct state established goto mode_in
    drop
  }
  chain forward {
    type filter hook forward priority filter; policy drop;
    iifname "tap0" oifname "up0" jump out
    iifname "up0" oifname "tap0" jump in
  }
  chain input {
    type filter hook input priority filter; policy drop;
    iifname "up0" ct state related accept
    iifname "up0" icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
    iifname "tap0" udp sport 68 udp dport 67 accept
    iifname "tap0" ip6 saddr fe80::/10 udp sport 546 udp dport 547 accept
    iifname "tap0" ct state new ct count over ${MAX_FLOWS} drop
    iifname "tap0" jump dns_in
    iifname "tap0" jump printing
    iifname "tap0" icmp type echo-request limit rate 20/second accept
    iifname "tap0" icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit } accept
    iifname "tap0" icmpv6 type echo-request limit rate 20/second accept
    iifname "tap0" meta pkttype host meta l4proto tcp reject with tcp reset
    iifname "tap0" meta pkttype host limit rate 20/second reject with icmpx admin-prohibited
${loopbackRules('input')}  }
  chain output {
    type filter hook output priority filter; policy drop;
${helper ? `    oifname "tap0" meta skuid ${helper.uid} accept\n` : '    oifname "tap0" accept\n'}    oifname "tap0" tcp sport ${PRINTER_PORT} ct state established accept
    icmp type echo-reply accept
    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, packet-too-big, echo-reply } accept
    tcp flags & (syn | rst) == rst accept
    icmp type { destination-unreachable, time-exceeded } accept
    icmpv6 type { destination-unreachable, time-exceeded } accept
${loopbackRules('output')}  }
  chain pre {
    type nat hook prerouting priority dstnat; policy accept;
    iifname "tap0" meta l4proto { tcp, udp } th dport 53 jump dns_redirect
    iifname "tap0" jump pinned
  }
  chain post {
    type nat hook postrouting priority srcnat; policy accept;
    oifname "up0" masquerade
  }
}
`;
}

/** What was refused lately; a guest that fills the sets loses sight, never a refusal. */
function deniedSets(): string {
  const set = (name: string, type: string) =>
    `  set ${name} { type ${type}; flags dynamic, timeout; timeout 10m; size 256; counter; }\n`;
  return ([4, 6] as const)
    .map((family) => {
      const address = `ipv${family}_addr . inet_proto`;
      return set(`denied${family}`, `${address} . inet_service`) + set(`denied_other${family}`, address);
    })
    .join('');
}

/** Here too, so that whoever removes the computer’s rules opens nothing of the computer. */
function computerSets(addresses: readonly string[]): string {
  const sets = byFamily(addresses).map(({ set, type, own }) => {
    const elements = own.length > 0 ? ` elements = { ${own.join(', ')} };` : '';
    return `  set ${set} { type ${type}; flags interval; auto-merge;${elements} }\n`;
  });
  return sets.join('');
}

function byFamily(addresses: readonly string[]): { set: string; type: string; own: string[] }[] {
  return ([4, 6] as const).map((family) => ({
    set: `computer${family}`,
    type: `ipv${family}_addr`,
    own: addresses.filter((address) => address.includes(':') === (family === 6)),
  }));
}

/** The commands that close these addresses of the computer, and no others. */
export function computerTransaction(addresses: readonly string[]): string[] {
  return byFamily(addresses).flatMap(({ set, type, own }) => [
    // Not there where an older service made the machine’s table.
    `add set inet lazaret ${set} { type ${type}; flags interval; auto-merge; }`,
    `flush set inet lazaret ${set}`,
    ...(own.length > 0 ? [`add element inet lazaret ${set} { ${own.join(', ')} }`] : []),
  ]);
}

/** The helpers’ one way: over loopback, to the forwarder. What it may take is decided where it leaves. */
const LOOPBACK = {
  input: [
    `iifname "lo" ct state established,related accept`,
    `iifname "lo" meta l4proto { tcp, udp } th dport ${FORWARDER.port} accept`,
  ],
  output: [
    `oifname "lo" meta l4proto { tcp, udp } th sport ${FORWARDER.port} ct state established accept`,
    `oifname "lo" ct state new ct count over ${MAX_FLOWS / 2} drop`,
    'oifname "lo" jump dns_out',
  ],
} as const;

function loopbackRules(hook: keyof typeof LOOPBACK): string {
  return LOOPBACK[hook].map((rule) => `    ${rule}\n`).join('');
}

/** What the table of an older service lacks, whose helpers asked the resolvers themselves. */
export function loopbackTransaction(helper: MachineRules['helper']): string[] {
  const rules = Object.entries(LOOPBACK).flatMap(([hook, own]) =>
    own.map((rule) => `add rule inet lazaret ${hook} ${rule}`),
  );
  return ['add chain inet lazaret dns_ask', ...chain('dns_ask', askRule(helper)), ...rules];
}

function askRule(helper: MachineRules['helper']): string | undefined {
  if (!helper) return undefined;
  const { address, port } = FORWARDER;
  return `meta skuid ${helper.uid} ip daddr ${address} meta l4proto { tcp, udp } th dport ${port} accept`;
}

/** What the kernel is told to enforce. */
export interface Enforced {
  mode: AccessMode;
  /** 1 to 2³²−1, another one at each switch. */
  generation: number;
  /** `listsDigest` of the lists that are loaded. */
  lists: string;
}

/**
 * The commands that switch, all or nothing; they may stand on lines of their own or, with `;` between, on one.
 * `names` says whether the guest’s questions for names are let through to the helper of that list.
 */
export function switchTransaction({ mode, generation, lists }: Enforced, names: boolean): string[] {
  const target = mode === 'refuse' ? ['refuse', 'refuse_in'] : [`${mode}_${lists}`, `${mode}_${lists}_in`];
  const port = mode === 'refuse' || !names ? undefined : DNS_PORTS[mode];
  return [
    ...chain('stamp_accept', `ct mark set ${generation} accept`),
    ...chain('current', `ct mark ${generation} accept`),
    ...chain('mode', `goto ${target[0]}`),
    ...chain('mode_in', `goto ${target[1]}`),
    ...chain('pinned', ...(mode === 'refuse' ? [] : pinnedRules(lists))),
    ...chain('dns_redirect', port && `meta l4proto { tcp, udp } redirect to :${port}`),
    ...chain('dns_in', port && `meta l4proto { tcp, udp } th dport ${port} ct status dnat accept`),
    ...chain('dns_out', port && 'goto dns_ask'),
    // Not there where an older service made the machine’s table: such a machine has no printer.
    ...[PRINTER, 'printing'].map((name) => `add chain inet lazaret ${name}`),
    ...chain('printing', mode === 'normal' ? `goto ${PRINTER}` : undefined),
  ];
}

const PRINTER = 'printer';

/** The commands that let the guest reach the printer that is connected, with normal access; or nobody reach it. */
export function printerTransaction(gateway: string | undefined): string[] {
  return chain(PRINTER, gateway && `ip daddr ${gateway} tcp dport ${PRINTER_PORT} accept`);
}

/** They lead from a pinned name’s synthetic address to one that the name stands for. */
function pinnedRules(lists: string): string[] {
  return ['ip', 'ip6'].map((ip, index) => `dnat ${ip} to ${ip} daddr map @${pinnedMap(lists)}_${index === 0 ? 4 : 6}`);
}

function chain(name: string, ...rules: (string | undefined)[]): string[] {
  const added = rules.filter((rule) => rule !== undefined).map((rule) => `add rule inet lazaret ${name} ${rule}`);
  return [`flush chain inet lazaret ${name}`, ...added];
}
