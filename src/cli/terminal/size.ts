const COLUMNS = 80;
const ROWS = 24;

/** A terminal that does not know its size says 0, and what is wrapped to that is one letter a line: it gets the usual one. */
export function sizeTerminal(): void {
  for (const stream of [process.stdout, process.stderr]) {
    if (!stream.isTTY) continue;
    stream.columns ||= COLUMNS;
    stream.rows ||= ROWS;
  }
}
