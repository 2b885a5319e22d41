import { median } from '../table.ts';

/** What a sample counts, in the order in which it is printed. */
export const COLUMNS = {
  residentMB: { title: 'MB', of: 'life', share: 0.1, plus: 8 },
  heapMB: { title: 'heap', of: 'life', share: 0.04, plus: 0.7 },
  descriptors: { title: 'fds', of: 'life', share: 0, plus: 2 },
  threads: { title: 'threads', of: 'life', share: 0, plus: 2 },
  processes: { title: 'procs', of: 'run', share: 0, plus: 1 },
  qemuMB: { title: 'QEMU MB', of: 'run', share: 0.15, plus: 20 },
  links: { title: 'links', of: 'run', share: 0, plus: 0 },
  namespaces: { title: 'netns', of: 'run', share: 0, plus: 0 },
  tables: { title: 'tables', of: 'run', share: 0, plus: 0 },
  sets: { title: 'sets', of: 'run', share: 0, plus: 0 },
  elements: { title: 'elements', of: 'run', share: 0.2, plus: 6 },
  rules: { title: 'rules', of: 'run', share: 0, plus: 0 },
  mounts: { title: 'mounts', of: 'run', share: 0, plus: 0 },
  runFiles: { title: 'run', of: 'run', share: 0, plus: 2 },
  temporary: { title: 'tmp', of: 'run', share: 0, plus: 0 },
  // An update leaves the former system of each machine, a removed snapshot what the next opening gives back.
  stateFiles: { title: 'state', atMost: 61 + 3 * 22 },
  stateMB: { title: 'MB', of: 'run', share: 0.25, plus: 20 },
  layers: { title: 'layers', atMost: 3 * 36 },
  eventsKB: { title: 'events KB', atMost: 2 * 4096 + 100 },
} as const satisfies Record<string, Column>;

/**
 * What becomes of a column: it may not grow over the whole run, or over the service's last life, by more than a share and
 * something; or it has a limit of its own.
 */
type Column = { title: string } & ({ of: 'run' | 'life'; share: number; plus: number } | { atMost: number });
export type ColumnName = keyof typeof COLUMNS;

export interface Sample {
  minute: number;
  /** How many times the service had been started. */
  life: number;
  /** All machines run, and nothing is connected, kept or on its way: only then can samples be compared. */
  atRest: boolean;
  counts: Readonly<Record<ColumnName, number>>;
}

export interface Row {
  column: ColumnName;
  outcome: 'holds' | 'grows' | 'unknown';
  first: number;
  last: number;
  most: number;
  samples: number;
}

/** So many samples at rest in a quarter, or nothing is known. */
const FEWEST = 2;

/**
 * A row for each column: the median of the first quarter of the samples at rest beside that of the last one. What is before
 * `warmUpMinutes`, of the run or of the service's life, does not count.
 */
export function verdict(samples: readonly Sample[], warmUpMinutes: number): Row[] {
  const lastLife = samples.at(-1)?.life;
  const alive = samples.filter(({ life }) => life === lastLife);
  const rows = { run: quarters(samples, warmUpMinutes), life: quarters(alive, warmUpMinutes) };
  return (Object.entries(COLUMNS) as [ColumnName, Column][]).map(([column, how]): Row => {
    if ('atMost' in how) {
      const last = Math.max(...samples.map(({ counts }) => counts[column]));
      const outcome = samples.length === 0 ? 'unknown' : last > how.atMost ? 'grows' : 'holds';
      return {
        column,
        outcome,
        first: samples[0]?.counts[column] ?? Number.NaN,
        last,
        most: how.atMost,
        samples: samples.length,
      };
    }
    const [early, late] = rows[how.of].map((quarter) => quarter.map(({ counts }) => counts[column])) as [
      number[],
      number[],
    ];
    const [first, last] = [median(early), median(late)];
    const most = first * (1 + how.share) + how.plus;
    const isKnown = early.length >= FEWEST && [first, last].every(Number.isFinite);
    return {
      column,
      outcome: !isKnown ? 'unknown' : last > most ? 'grows' : 'holds',
      first,
      last,
      most,
      samples: early.length,
    };
  });
}

function quarters(samples: readonly Sample[], warmUpMinutes: number): [Sample[], Sample[]] {
  const began = samples[0]?.minute ?? 0;
  const fit = samples.filter(({ atRest, minute }) => atRest && minute - began >= warmUpMinutes);
  const count = Math.ceil(fit.length / 4);
  return [fit.slice(0, count), fit.slice(fit.length - count)];
}
