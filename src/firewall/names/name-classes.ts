import {
  type AccessEntry,
  type NameTarget,
  nameText,
  type PortRange,
  type Protocol,
} from '../../policy/parts/access-entry.ts';
import { PROTOCOLS } from '../elements.ts';
import { ALL_PORTS, formatRange, mergeRanges } from '../port-ranges.ts';

/** One kind of traffic; without a protocol every kind, without ports every port. */
export interface Traffic {
  protocol?: Protocol;
  ports?: readonly PortRange[];
}

/** Names of a list that stand for the same traffic and so can share the sets their addresses are in. */
export interface NameClass {
  traffic: readonly Traffic[];
  /** Whether they are reached under synthetic addresses; see `syntheticAddresses`. */
  pinned: boolean;
  names: readonly string[];
}

/** The names of a list by the traffic they stand for, in an order that depends on the list’s content alone. */
export function nameClasses(entries: readonly AccessEntry[]): NameClass[] {
  const byName = Map.groupBy(entries, ({ target }) => (target.kind === 'name' ? target.name : ''));
  byName.delete('');
  const classes = new Map<string, { traffic: Traffic[]; pinned: boolean; names: string[] }>();
  for (const [name, ofName] of [...byName].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const traffic = joined(ofName);
    const pinned = ofName.some((entry) => entry.pinned);
    const key = `${pinned} ${keyOf(traffic)}`;
    const known = classes.get(key) ?? { traffic, pinned, names: [] };
    known.names.push(name);
    classes.set(key, known);
  }
  return [...classes.values()];
}

/** Names that stand for what is around their addresses too, and for the same traffic there. */
export interface WideClass {
  traffic: readonly Traffic[];
  names: readonly NameTarget[];
}

/** The names of a list that have bits behind them, by the traffic they stand for, in an order as above. */
export function wideClasses(entries: readonly AccessEntry[]): WideClass[] {
  const wide = entries.filter(({ target }) => target.kind === 'name' && target.bits !== undefined);
  const byText = Map.groupBy(wide, ({ target }) => (target.kind === 'name' ? nameText(target) : ''));
  const classes = new Map<string, { traffic: Traffic[]; names: NameTarget[] }>();
  for (const [, ofText] of [...byText].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const traffic = joined(ofText);
    const known = classes.get(keyOf(traffic)) ?? { traffic, names: [] };
    const [target] = ofText.flatMap((entry) => (entry.target.kind === 'name' ? [entry.target] : []));
    if (target) known.names.push(target);
    classes.set(keyOf(traffic), known);
  }
  return [...classes.values()];
}

function keyOf(traffic: readonly Traffic[]): string {
  return traffic.map(({ protocol, ports }) => `${protocol} ${ports?.map(formatRange)}`).join();
}

function joined(entries: readonly AccessEntry[]): Traffic[] {
  if (entries.some(({ protocol }) => protocol === undefined)) return [{}];
  return PROTOCOLS.flatMap((protocol) => {
    const ofProtocol = entries.filter((entry) => entry.protocol === protocol);
    if (ofProtocol.length === 0) return [];
    if (ofProtocol.some(({ ports }) => ports === undefined)) return [{ protocol }];
    return [{ protocol, ports: mergeRanges(ofProtocol.flatMap(({ ports }) => ports ?? ALL_PORTS)) }];
  });
}
