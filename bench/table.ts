/** A figure beside what it should be. */
export interface Figure {
  what: string;
  measured: string;
  target: string;
  met: boolean;
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1
    ? (sorted[Math.floor(middle)] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

/** A figure in milliseconds that should be at most `atMost`. */
export function milliseconds(what: string, samples: readonly number[], atMost: number): Figure {
  const value = median(samples);
  const spread = `${Math.min(...samples).toFixed(0)} to ${Math.max(...samples).toFixed(0)}, n = ${samples.length}`;
  return { what, measured: `${value.toFixed(1)} ms (${spread})`, target: `≤ ${atMost} ms`, met: value <= atMost };
}

export function printFigures(title: string, figures: readonly Figure[]): void {
  const rows = [
    ['', 'measured', 'target', ''],
    ...figures.map(({ what, measured, target, met }) => [what, measured, target, met ? 'ok' : 'MISSED']),
  ];
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  console.log(`\n${title}`);
  for (const row of rows)
    console.log(
      row
        .map((cell, column) => cell.padEnd(width(column)))
        .join('  ')
        .trimEnd(),
    );
}
