import type { AccessMap } from '../../../quarantine/lists/access-map.ts';
import type { access } from '../texts/access.ts';

/** More than this no picture shows; a filter finds the others. */
const MOST_DRAWN = 40;

/** A line of the picture, and of the list that says the same. */
export interface MapLine {
  /** As the simulator names what decides. */
  rule: string;
  where: string;
  traffic: string;
  isOpen: boolean;
  isException: boolean;
}

/** The lines of a map that a filter leaves, in words; `left` of them are not drawn. */
export function mapLines(
  map: AccessMap,
  filter: string,
  texts: (typeof access)['en'],
): { lines: MapLine[]; rest: MapLine; left: number } {
  const wanted = filter.trim().toLowerCase();
  const leads = map.leads
    .filter(({ rule }) => rule.toLowerCase().includes(wanted))
    .map(({ protocol, ports, pinned, ...lead }) => {
      const traffic = protocol === undefined ? texts.everyProtocol : protocolText(protocol, ports ?? texts.everyPort);
      return { ...lead, traffic: pinned ? `${traffic}, ${texts.pinned}` : traffic, isException: false };
    });
  const exceptions = map.exceptions.map(({ exception, rule }) => {
    const [where = '', traffic = ''] = texts.exceptions[exception];
    return { rule, where, traffic, isOpen: true, isException: true };
  });
  const { rule, isOpen } = map.rest;
  return {
    lines: [...leads.slice(0, MOST_DRAWN), ...exceptions],
    rest: { rule, where: texts.rest, traffic: isOpen ? texts.open : texts.closed, isOpen, isException: false },
    left: Math.max(0, leads.length - MOST_DRAWN),
  };
}

function protocolText(protocol: string, ports: string): string {
  return protocol === 'icmp' ? 'ICMP' : `${protocol.toUpperCase()} ${ports}`;
}
