import type { FailureText } from '../../api/failure.ts';
import { ERRORS, type Failure, failureOf } from '../../lib/errors.ts';

/** How a command’s outcome is written: for people, or as one JSON value. */
export interface Output {
  json: boolean;
}

/** Writes what a command found: `text` for people, `value` with --json. */
export function print({ json }: Output, value: unknown, text: string): void {
  console.log(json ? JSON.stringify(value) : text);
}

/** Writes something on the way, for people alone. */
export function printStep({ json }: Output, text: string): void {
  if (!json) console.error(text);
}

/** Writes over the line that stands on the terminal, or leaves it when it is the last; nothing where there is no terminal. */
export function overwriteLine({ json }: Output, text: string, isLast: boolean): void {
  if (!json && process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}${isLast ? '\n' : ''}`);
}

/** What people are shown of a failure: code and reason, what led to it, what to do, and where more is written. */
export function failureText({ code, reason, causes = [], remedy, log }: FailureText, indent = ''): string {
  const lines = [
    `${code}: ${reason}`,
    ...causes.map((cause) => `  because ${cause}`),
    `→ ${remedy}`,
    ...(log === undefined ? [] : [`  log: ${log}`]),
  ];
  return lines.join(`\n${indent}`);
}

/** Writes code, reason, causes and remedy, and gives the exit status. A bug shows its stack. */
export function printFailure({ json }: Output, error: unknown): number {
  const failure = isFailure(error) ? error : failureOf(error);
  if (json) console.log(JSON.stringify({ error: failure }));
  else console.error(failureText(failure));
  if (failure.code === 'INTERNAL' && error instanceof Error && !json) console.error(error.stack);
  return ERRORS[failure.code].exit;
}

/** A failure that the service reported, to be shown as if it had happened here. */
function isFailure(error: unknown): error is Failure {
  return (
    typeof error === 'object' && error !== null && 'code' in error && 'remedy' in error && !(error instanceof Error)
  );
}

/** Columns of text, each as wide as its widest cell. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_cell, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
