import type { PortRange } from '../policy/parts/access-entry.ts';

export const ALL_PORTS: readonly PortRange[] = [{ from: 0, to: 65_535 }];

/** The same ports in as few ranges as possible, in ascending order. */
export function mergeRanges(ranges: readonly PortRange[]): PortRange[] {
  const merged: PortRange[] = [];
  for (const { from, to } of [...ranges].sort((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last && from <= last.to + 1) last.to = Math.max(last.to, to);
    else merged.push({ from, to });
  }
  return merged;
}

/** The ports that are in `ranges` and not in `taken`; both as `mergeRanges` gives them. */
export function subtractRanges(ranges: readonly PortRange[], taken: readonly PortRange[]): PortRange[] {
  return ranges.flatMap((range) => {
    const left: PortRange[] = [];
    let from = range.from;
    for (const hole of taken) {
      if (hole.to < from || hole.from > range.to) continue;
      if (hole.from > from) left.push({ from, to: hole.from - 1 });
      from = hole.to + 1;
    }
    if (from <= range.to) left.push({ from, to: range.to });
    return left;
  });
}

/** As nftables writes it: `443` or `8000-8080`. */
export function formatRange({ from, to }: PortRange): string {
  return from === to ? `${from}` : `${from}-${to}`;
}
