import type { Measured } from './rows.ts';

export interface Figures {
  updates: readonly { name: string; rows: readonly Measured[] }[];
  full: readonly Measured[];
  verified: readonly Measured[];
}

interface Goal {
  text: string;
  found: number;
  met: boolean;
}

type Way = 'at least' | 'at most';

/** The goals of docs/performance.md that these figures can tell about. */
export function goalsOf({ updates, full, verified }: Figures): Goal[] {
  const goals: Goal[] = [];
  const add = (text: string, way: Way, limit: number, found: number | undefined) => {
    if (found === undefined || Number.isNaN(found)) return;
    goals.push({ text: `${text}: ${way} ${limit}`, found, met: way === 'at least' ? found >= limit : found <= limit });
  };
  /** How many times the peer’s figure is ours. */
  const ratio = (
    rows: readonly Measured[],
    peer: string,
    mine: string,
    pick: (row: Measured) => number | undefined,
  ) => {
    const theirs = rows.find(({ name }) => name === peer);
    const own = rows.find(({ name }) => name === mine);
    return theirs && own ? (pick(theirs) ?? Number.NaN) / (pick(own) ?? Number.NaN) : undefined;
  };
  const made = ({ create }: Measured) => create.wall;
  const applied = ({ apply }: Measured) => apply?.wall;
  const size = ({ bytes }: Measured) => bytes;
  const share = (found: number | undefined) => (found === undefined ? undefined : 1 / found);

  const limits: Record<string, { speed: number; size: number }> = {
    'v1-v2': { speed: 10, size: 0.6 },
    'v1-v2t': { speed: 10, size: 0.42 },
    'v2-v3': { speed: 30, size: 0.27 },
    'v4-v5': { speed: 30, size: 0.27 },
  };
  for (const { name, rows } of updates) {
    const limit = limits[name] ?? { speed: 10, size: 0.6 };
    add(
      `${name} made, times faster than casync`,
      'at least',
      limit.speed,
      ratio(rows, 'casync', 'Lazaret small', made),
    );
    add(`${name} bytes, share of casync’s`, 'at most', limit.size, share(ratio(rows, 'casync', 'Lazaret small', size)));
    add(`${name} fast, times faster than casync`, 'at least', 20, ratio(rows, 'casync', 'Lazaret fast', made));
    const patch = 'zstd -3 --patch-from';
    add(`${name} bytes, share of zstd --patch-from’s`, 'at most', 1, share(ratio(rows, patch, 'Lazaret small', size)));
    const memory = ({ create }: Measured) => create.peakMB;
    add(
      `${name} memory, share of zstd --patch-from’s`,
      'at most',
      0.125,
      share(ratio(rows, patch, 'Lazaret small', memory)),
    );
    const own = rows.find((row) => row.name === 'Lazaret small');
    add(`${name} made, peak MB`, 'at most', 300, own && memory(own));
    add(`${name} applied, peak MB`, 'at most', 300, own?.apply?.peakMB);
    add(`${name} applied, times faster than casync`, 'at least', 40, ratio(rows, 'casync', 'Lazaret small', applied));
    const delta = 'xdelta3 -1, zstd -3';
    add(`${name} applied, times faster than xdelta3`, 'at least', 10, ratio(rows, delta, 'Lazaret small', applied));
  }
  add('full fast, times as fast as zstd -3 -T2', 'at least', 0.83, ratio(full, 'zstd -3 -T2', 'Lazaret fast', made));
  add('full fast, share of zstd -3’s bytes', 'at most', 1, share(ratio(full, 'zstd -3 -T2', 'Lazaret fast', size)));
  add(
    'full small, share of zstd -3’s bytes',
    'at most',
    0.87,
    share(ratio(full, 'zstd -3 -T2', 'Lazaret small', size)),
  );
  add(
    'verified, times faster than sha256sum',
    'at least',
    20,
    ratio(verified, 'sha256sum', 'Lazaret, by the piece', made),
  );
  return goals;
}

export function printGoals(goals: readonly Goal[]): void {
  console.log('## Goals\n\n| goal | found | met |\n|---|---|---|');
  for (const { text, found, met } of goals) console.log(`| ${text} | ${found.toFixed(2)} | ${met ? 'yes' : 'no'} |`);
}
