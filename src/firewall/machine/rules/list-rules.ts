import { createHash } from 'node:crypto';
import { type NameTarget, nameText } from '../../../policy/parts/access-entry.ts';
import type { AccessList, AccessLists } from '../../../quarantine/lists/access-list.ts';
import { PINNED, type Synthetic, syntheticAddresses } from '../../../quarantine/lists/pinned.ts';
import { PRINTING_PORTS } from '../../../quarantine/lists/printing.ts';
import { type Elements, protocolName, subnetElements } from '../../elements.ts';
import { type NameClass, nameClasses, type Traffic, type WideClass, wideClasses } from '../../names/name-classes.ts';
import { formatRange } from '../../port-ranges.ts';

/**
 * How long an address stays reachable after its name was last answered with it, in seconds. The helper tells the guest
 * to ask again after `MAX_TTL_S`, and what nobody asks for any more closes by itself.
 */
export const NAME_TIMEOUT_S = 900;
export const MAX_TTL_S = 60;

const PRINTER_PORTS = Object.entries(PRINTING_PORTS).map(([protocol, ports]) => ({
  protocol,
  ports: ports.join(', '),
}));

const FAMILIES = [4, 6] as const;

/** Which end of a flow a chain looks at: the destination of what the guest sends, or the source of what comes back. */
type Side = 'out' | 'in';

const DIGESTS = new WeakMap<AccessLists, string>();

/**
 * Names both lists of a machine by their content, eight hexadecimal digits: sets and chains carry it in their names. Lists are
 * rendered for it once, however often they are asked for.
 */
export function listsDigest(lists: AccessLists): string {
  const digest = DIGESTS.get(lists) ?? contentDigest(lists);
  DIGESTS.set(lists, digest);
  return digest;
}

function contentDigest(lists: AccessLists): string {
  // What fills the sets of names is not in the rules: it is part of the lists all the same.
  const names = [lists.normal, lists.restricted].map((list) => [
    resolvesEverything(list),
    nameClasses(list.entries).map((ofTraffic) => ofTraffic.names),
    wideClasses(list.entries).map((ofTraffic) => ofTraffic.names.map(nameText)),
  ]);
  return createHash('sha256')
    .update(`${JSON.stringify(names)} ${listRules(lists, 'x')}`)
    .digest('hex')
    .slice(0, 8);
}

/** Whether names that are not on the list resolve too while it is in force. */
export function resolvesEverything(list: AccessList): boolean {
  return list.mode === 'blacklist' || list.exceptions.has('dns');
}

/** The sets that the names of a list write their addresses to, but pinned ones; `_4` and `_6` follow for the families. */
export function nameSets(list: AccessList, key: keyof AccessLists, digest: string): Map<string, string> {
  return new Map(
    nameClasses(list.entries).flatMap(({ names, pinned }, index) =>
      pinned ? [] : names.map((name) => [name, nameSet(key, digest, index)] as const),
    ),
  );
}

/**
 * Beside each set of names stands one that the helper alone writes: adding what is there already renews no time, so that only
 * a set that is emptied again and again shows what has been answered since. What is in it is as good as in the other.
 */
export function answeredSet(set: string): string {
  return `${set}a`;
}

/** The sets of a list that hold what is around names’ IPv4 addresses, each with the names it is for. */
export function wideSets(list: AccessList, key: keyof AccessLists, digest: string): Map<string, readonly NameTarget[]> {
  return new Map(wideClasses(list.entries).map(({ names }, index) => [wideSet(`${key}_${digest}`, index), names]));
}

/** The map from the synthetic addresses of pinned names to those that the names stand for; `_4` and `_6` follow. */
export function pinnedMap(digest: string): string {
  return `pinned_${digest}`;
}

/** The sets and chains of both lists, to be loaded beside the table’s others: whoever names them switches to them. */
export function listRules(lists: AccessLists, digest: string): string {
  const synthetic = syntheticAddresses(lists);
  const maps = FAMILIES.map((family) => {
    const address = `ipv${family}_addr`;
    const lines = [`type ${address} : ${address}`, 'flags timeout', `timeout ${NAME_TIMEOUT_S}s`];
    return block(`map ${pinnedMap(digest)}_${family}`, lines);
  });
  const rules = (['normal', 'restricted'] as const).map((key) => rulesOf(lists[key], key, digest, synthetic));
  return `table inet lazaret {\n${[...maps, ...rules].join('')}}\n`;
}

function rulesOf(
  list: AccessList,
  key: keyof AccessLists,
  digest: string,
  synthetic: ReadonlyMap<string, Synthetic>,
): string {
  const prefix = `${key}_${digest}`;
  const subnets = { 4: subnetElements(list.entries, 4), 6: subnetElements(list.entries, 6) } as const;
  const classes = nameClasses(list.entries);
  const wide = wideClasses(list.entries);
  const chain = (name: string, side: Side) =>
    block(`chain ${name}`, [
      ...matches(prefix, subnets, classes, side, list),
      ...wideMatches(prefix, wide, side, list),
      ...closing(list, side),
    ]);
  return [
    ...FAMILIES.flatMap((family) => subnetSets(prefix, family, subnets[family])),
    ...classes.flatMap(({ names, pinned }, index) => {
      const set = nameSet(key, digest, index);
      const fixed = (family: 4 | 6) => names.flatMap((name) => synthetic.get(name)?.[family] ?? []);
      return FAMILIES.map((family) =>
        pinned
          ? pinnedSetBlock(set, family, fixed(family))
          : [set, answeredSet(set)].map((name) => nameSetBlock(name, family)).join(''),
      );
    }),
    ...wide.map((_, index) =>
      block(`set ${wideSet(prefix, index)}`, [
        'type ipv4_addr',
        'flags interval, timeout',
        `timeout ${NAME_TIMEOUT_S}s`,
      ]),
    ),
    chain(prefix, 'out'),
    chain(`${prefix}_in`, 'in'),
  ].join('');
}

function subnetSets(prefix: string, family: 4 | 6, { any, ports }: Elements): string[] {
  const address = `ipv${family}_addr`;
  return [
    any.length > 0 ? intervalSet(`${prefix}_any${family}`, address, any) : '',
    ports.length > 0 ? intervalSet(`${prefix}_ports${family}`, `${address} . inet_proto . inet_service`, ports) : '',
  ];
}

function intervalSet(name: string, type: string, elements: readonly string[]): string {
  return block(`set ${name}`, [`type ${type}`, 'flags interval', `elements = { ${elements.join(', ')} }`]);
}

function nameSetBlock(name: string, family: number): string {
  return block(`set ${name}_${family}`, [
    `type ipv${family}_addr`,
    'flags timeout',
    `timeout ${NAME_TIMEOUT_S}s`,
    'size 65535',
  ]);
}

function pinnedSetBlock(name: string, family: 4 | 6, addresses: readonly string[]): string {
  return block(`set ${name}_${family}`, [`type ipv${family}_addr`, `elements = { ${addresses.join(', ')} }`]);
}

function nameSet(key: keyof AccessLists, digest: string, index: number): string {
  return `${key}_${digest}_n${index}`;
}

/** The rules that find what is on the list, each with what the list says of it. */
function matches(
  prefix: string,
  subnets: Record<4 | 6, Elements>,
  classes: readonly NameClass[],
  side: Side,
  list: AccessList,
): string[] {
  const verdict = list.mode === 'whitelist' ? 'goto stamp_accept' : refusal(side);
  const [address, port] = side === 'out' ? ['daddr', 'dport'] : ['saddr', 'sport'];
  const hasPinned = classes.some(({ pinned }) => pinned);
  return FAMILIES.flatMap((family) => {
    const protocol = family === 4 ? 'ip' : 'ip6';
    const ip = `${protocol} ${address}`;
    const { any, ports } = subnets[family];
    return [
      // One that stands for no name now has not been translated, and would leave the computer as it is.
      ...(hasPinned && side === 'out' ? [`${ip} ${PINNED[family]} ${refusal(side)}`] : []),
      ...(any.length > 0 ? [`${ip} @${prefix}_any${family} ${verdict}`] : []),
      ...(ports.length > 0 ? [`${ip} . meta l4proto . th ${port} @${prefix}_ports${family} ${verdict}`] : []),
      ...classes.flatMap(({ traffic, pinned }, index) => {
        // What the guest asked for, whichever end sends; where that leads to is nobody’s right to reach.
        const named = pinned ? `ct original ${protocol} daddr` : ip;
        const set = `${prefix}_n${index}`;
        return traffic.flatMap((kind) =>
          (pinned ? [set] : [set, answeredSet(set)]).map(
            (each) => `${named} @${each}_${family}${kindMatch(kind, family, port)} ${verdict}`,
          ),
        );
      }),
    ];
  });
}

function wideMatches(prefix: string, classes: readonly WideClass[], side: Side, list: AccessList): string[] {
  const verdict = list.mode === 'whitelist' ? 'goto stamp_accept' : refusal(side);
  const [address, port] = side === 'out' ? ['daddr', 'dport'] : ['saddr', 'sport'];
  return classes.flatMap(({ traffic }, index) =>
    traffic.map((kind) => `ip ${address} @${wideSet(prefix, index)}${kindMatch(kind, 4, port)} ${verdict}`),
  );
}

function wideSet(prefix: string, index: number): string {
  return `${prefix}_w${index}`;
}

function kindMatch({ protocol, ports }: Traffic, family: 4 | 6, port: string | undefined): string {
  if (protocol === undefined) return '';
  const which = ports ? ` th ${port} { ${ports.map(formatRange).join(', ')} }` : '';
  return ` meta l4proto ${protocolName(protocol, family)}${which}`;
}

/** What holds for everything that is not on the list; exceptions open their own kind of traffic (ACE 1.0 p. 232). */
function closing(list: AccessList, side: Side): string[] {
  if (list.mode === 'blacklist') return ['goto stamp_accept'];
  const [icmp, port] = side === 'out' ? ['echo-request', 'dport'] : ['echo-reply', 'sport'];
  return [
    ...(list.exceptions.has('icmp')
      ? [`icmp type ${icmp} goto stamp_accept`, `icmpv6 type ${icmp} goto stamp_accept`]
      : []),
    ...(list.exceptions.has('printers')
      ? PRINTER_PORTS.map(({ protocol, ports }) => `${protocol} ${port} { ${ports} } goto stamp_accept`)
      : []),
    refusal(side),
  ];
}

function refusal(side: Side): string {
  return side === 'out' ? 'goto refuse' : 'goto refuse_in';
}

function block(head: string, lines: readonly string[]): string {
  return `  ${head} {\n${lines.map((line) => `    ${line}\n`).join('')}  }\n`;
}
