import type { Outcome } from './carry-out.ts';
import { COLUMNS, type ColumnName, type Row, type Sample } from './verdict.ts';

const NAMES = Object.keys(COLUMNS) as ColumnName[];
const WIDTH = 6;

export function headLine(): string {
  return line(
    'min',
    'life',
    '',
    NAMES.map((name) => COLUMNS[name].title),
  );
}

/** A sample; `=` marks those that can be compared. */
export function sampleLine({ minute, life, atRest, counts }: Sample): string {
  return line(
    minute.toFixed(1),
    `${life}`,
    atRest ? '=' : '',
    NAMES.map((name) => shown(counts[name])),
  );
}

function line(minute: string, life: string, mark: string, cells: readonly string[]): string {
  const titles = NAMES.map((name) => COLUMNS[name].title.length);
  const padded = cells.map((cell, at) => cell.padStart(Math.max(WIDTH, titles[at] ?? 0)));
  return [minute.padStart(5), life.padStart(4), mark.padEnd(1), ...padded].join(' ');
}

function shown(value: number): string {
  return Number.isInteger(value) ? `${value}` : value.toFixed(1);
}

/** What became of the columns, the ones that do not hold first. */
export function verdictLines(rows: readonly Row[]): string[] {
  const bad = rows.filter(({ outcome }) => outcome !== 'holds');
  return [...bad, ...rows.filter(({ outcome }) => outcome === 'holds')].map(
    ({ column, outcome, first, last, most, samples }) =>
      `${outcome.padEnd(8)}${column.padEnd(13)}${shown(first).padStart(8)} → ${shown(last).padStart(8)}  (at most ${shown(most)}, n = ${samples})`,
  );
}

/** How often each step was done, how often it was refused as it has to be, and how long it took in the middle. */
export function stepLines(outcomes: readonly Outcome[]): string[] {
  const kinds = Map.groupBy(outcomes, ({ step }) => step.what);
  return [...kinds]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([what, all]) => {
      const refused = all.filter(({ isFine, code }) => isFine && code !== undefined);
      const failed = all.filter(({ isFine }) => !isFine);
      const codes = [...new Set(failed.map(({ code }) => code ?? 'not refused'))].join(', ');
      const seconds = all.map((outcome) => outcome.seconds).sort((a, b) => a - b);
      return [
        `${what.padEnd(28)}${`${all.length}`.padStart(5)}  ${(seconds[Math.floor(seconds.length / 2)] ?? 0).toFixed(1)} s`,
        ...(refused.length > 0 ? [`${refused.length} refused as they have to be (${refused[0]?.code})`] : []),
        ...(failed.length > 0 ? [`${failed.length} FAILED (${codes})`] : []),
      ].join('  ');
    });
}
