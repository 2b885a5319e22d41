import { createHash } from 'node:crypto';
import type { AccessEntry } from '../../policy/parts/access-entry.ts';
import { type Elements, subnetElements } from '../elements.ts';

/** What binds the computer’s own programs; names have given way to the addresses that they stand for. */
export interface ComputerList {
  mode: 'whitelist' | 'blacklist';
  entries: readonly AccessEntry[];
  /** Servers that the service itself needs: root’s programs reach them whatever the list says. */
  needed: readonly AccessEntry[];
}

const FAMILIES = [4, 6] as const;

/** Tells lists apart by all that is loaded of them, eight hexadecimal digits. */
export function computerDigest(list: ComputerList): string {
  return createHash('sha256').update(body(list, 'x')).digest('hex').slice(0, 8);
}

/**
 * The table that binds what the computer’s own programs send and what comes in answer, put in place of the one before in one
 * transaction. Every packet is judged by the far end, in both directions: a connection that was there before is no
 * exception. What is passed on, as the machines’ packets are, is not looked at.
 */
export function computerRules(list: ComputerList): string {
  return `${NO_COMPUTER_RULES}table inet lazaret_computer {\n${body(list, computerDigest(list))}}\n`;
}

/** The same for none. */
export const NO_COMPUTER_RULES = 'table inet lazaret_computer\ndelete table inet lazaret_computer\n';

/** ICMP, with it neighbour discovery, DHCP and DNS: by them zones are told apart (ACE 1.0 p. 239). */
function body(list: ComputerList, digest: string): string {
  const lists = { list: elementsOf(list.entries), needed: elementsOf(list.needed) };
  const needed = (way: Way) => matches('needed', lists.needed, way, 'accept').ports;
  return `${sets('list', lists.list)}${sets('needed', lists.needed)}${chain(`out_${digest}`, outRules(list, lists.list))}${chain(
    `in_${digest}`,
    inRules(list, lists.list),
  )}${chain('output', [
    'type filter hook output priority filter - 5; policy accept;',
    'oifname "lo" accept',
    'oifname "lz-*" accept',
    'meta l4proto { icmp, ipv6-icmp } accept',
    'udp sport { 67, 68, 546, 547 } udp dport { 67, 68, 546, 547 } accept',
    'meta l4proto { tcp, udp } th dport 53 accept',
    ...needed('out').map((rule) => `meta skuid 0 ${rule}`),
    `goto out_${digest}`,
  ])}${chain('input', [
    'type filter hook input priority filter - 5; policy accept;',
    'iifname "lo" accept',
    'iifname "lz-*" accept',
    'meta l4proto { icmp, ipv6-icmp } accept',
    'udp sport { 67, 68, 546, 547 } udp dport { 67, 68, 546, 547 } accept',
    'udp sport 53 accept',
    `${ANSWER} tcp sport 53 accept`,
    ...needed('in').map((rule) => `${ANSWER} ${rule}`),
    `goto in_${digest}`,
  ])}`;
}

/** A packet that does not ask for a connection. */
const ANSWER = 'tcp flags & (syn | ack) != syn';
const QUESTION = 'tcp flags & (syn | ack) == syn';

type Way = 'out' | 'in';

/** A program is told at once; its open connections end. */
function outRules({ mode }: ComputerList, elements: ByFamily): string[] {
  const refused = ['meta l4proto tcp reject with tcp reset', 'reject with icmpx admin-prohibited'];
  if (mode === 'whitelist') {
    const { any, ports } = matches('list', elements, 'out', 'accept');
    return [...any, ...ports, ...refused];
  }
  const { any, ports } = matches('list', elements, 'out', '');
  return [...any, ...ports].flatMap((match) => refused.map((verdict) => `${match}${verdict}`));
}

/**
 * Ports of an entry are those of the far end, so they say nothing of a connection that the far end asks for: to that the
 * entries without ports alone apply.
 */
function inRules({ mode }: ComputerList, elements: ByFamily): string[] {
  const [listed, question, rest] = mode === 'whitelist' ? ['accept', 'drop', ['drop']] : ['drop', 'accept', []];
  const { any, ports } = matches('list', elements, 'in', listed);
  return [...any, `${QUESTION} ${question}`, ...ports, ...rest];
}

type ByFamily = Record<4 | 6, Elements>;

function elementsOf(entries: readonly AccessEntry[]): ByFamily {
  return { 4: subnetElements(entries, 4), 6: subnetElements(entries, 6) };
}

/** The rules that find what is in the sets of a name, those without ports apart from those with. */
function matches(name: string, elements: ByFamily, way: Way, verdict: string): { any: string[]; ports: string[] } {
  const [address, port] = way === 'out' ? ['daddr', 'dport'] : ['saddr', 'sport'];
  const found = { any: [] as string[], ports: [] as string[] };
  for (const family of FAMILIES) {
    const ip = `${family === 4 ? 'ip' : 'ip6'} ${address}`;
    const { any, ports } = elements[family];
    if (any.length > 0) found.any.push(`${ip} @${name}_any${family} ${verdict}`);
    if (ports.length > 0) found.ports.push(`${ip} . meta l4proto . th ${port} @${name}_ports${family} ${verdict}`);
  }
  return found;
}

function sets(name: string, elements: ByFamily): string {
  const set = (kind: string, type: string, members: readonly string[]) =>
    members.length === 0
      ? ''
      : `  set ${name}_${kind} {\n    type ${type}\n    flags interval\n    elements = { ${members.join(', ')} }\n  }\n`;
  return FAMILIES.map((family) => {
    const address = `ipv${family}_addr`;
    const { any, ports } = elements[family];
    return `${set(`any${family}`, address, any)}${set(`ports${family}`, `${address} . inet_proto . inet_service`, ports)}`;
  }).join('');
}

function chain(name: string, rules: readonly string[]): string {
  return `  chain ${name} {\n${rules.map((rule) => `    ${rule}\n`).join('')}  }\n`;
}
