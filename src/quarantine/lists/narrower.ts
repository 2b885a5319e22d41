import ipaddr from 'ipaddr.js';
import { type AccessEntry, formatEntry } from '../../policy/parts/access-entry.ts';
import type { Quarantine } from '../../policy/quarantine.ts';
import type { Doubt } from '../../policy/reading/warning.ts';
import { inZone, zonesOf } from '../zones.ts';
import { type AccessList, accessLists } from './access-list.ts';

/**
 * What a machine with restricted access reaches and one with normal access does not, as far as the lists show it: such as the
 * update server, which the updater then asks in vain for what comes next. Rarely meant.
 */
export function narrowerNormal(quarantine: Quarantine): { zone?: string; lacks: string[] }[] {
  if (quarantine.type !== 'version-based' && quarantine.type !== 'custom') return [];
  const all = [
    { lacks: lacking(quarantine) },
    ...zonesOf(quarantine).map((zone) => ({ zone: zone.name, lacks: lacking(inZone(quarantine, zone)) })),
  ];
  return all.filter(({ lacks }) => lacks.length > 0);
}

/** For people, one sentence each. */
export function narrowerDoubts(quarantine: Quarantine): Doubt[] {
  return narrowerNormal(quarantine).map(({ zone, lacks }) => {
    const [first = '', ...more] = lacks;
    const what = more.length === 0 ? first : `${first} and ${more.length} more`;
    const where = zone === undefined ? '' : `in zone ${zone} `;
    return {
      code: 'normal-lacks',
      text: `${where}normal access lacks what restricted access has: ${what}`,
      parts: { first, more: more.length, ...(zone === undefined ? {} : { zone }) },
    };
  });
}

function lacking(quarantine: Quarantine): string[] {
  const { normal, restricted } = accessLists(quarantine);
  // What a blacklist names is closed: there the narrower list is the one with more.
  if (normal.mode === 'blacklist') return uncovered(normal, restricted);
  const exceptions = [...restricted.exceptions].filter((exception) => !normal.exceptions.has(exception));
  return [...uncovered(restricted, normal), ...exceptions.map((exception) => `the exception ${exception}`)];
}

/** The entries of a list that no one entry of the other covers, each part of them by itself. */
function uncovered({ entries }: AccessList, by: AccessList): string[] {
  const covering = new Map<string, AccessEntry[]>();
  for (const entry of by.entries) {
    const key = entry.target.kind === 'name' ? entry.target.name : entry.target.cidr;
    covering.set(key, [...(covering.get(key) ?? []), entry]);
  }
  const isCovered = (entry: AccessEntry) => {
    const around = keysAround(entry).flatMap((key) => covering.get(key) ?? []);
    return partsOf(entry).every((part) => around.some((candidate) => covers(candidate, part)));
  };
  return entries.filter((entry) => !isCovered(entry)).map(formatEntry);
}

/** The subnets that an entry lies in, or its name. */
function keysAround({ target }: AccessEntry): string[] {
  if (target.kind === 'name') return [target.name];
  const [address, bits] = ipaddr.parseCIDR(target.cidr);
  const family = target.family === 4 ? ipaddr.IPv4 : ipaddr.IPv6;
  return Array.from({ length: bits + 1 }, (_, at) => `${family.networkAddressFromCIDR(`${address}/${at}`)}/${at}`);
}

/** An entry for each of its ranges of ports. */
function partsOf({ ports, ...entry }: AccessEntry): AccessEntry[] {
  return ports ? ports.map((range) => ({ ...entry, ports: [range] })) : [entry];
}

/** Whether an entry at the same place, or around it, lets through all that the other does. */
function covers(wider: AccessEntry, narrower: AccessEntry): boolean {
  const { target, protocol, ports } = wider;
  if (protocol !== undefined && protocol !== narrower.protocol) return false;
  const around = narrower.target.kind === 'name' ? narrower.target.bits : undefined;
  if (around !== undefined && target.kind === 'name' && (target.bits ?? Infinity) > around) return false;
  if (!ports) return true;
  return (narrower.ports ?? []).some(({ from, to }) => ports.some((range) => range.from <= from && range.to >= to));
}
