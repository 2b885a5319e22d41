/** Begins a chapter of the tour. */
export function printTitle(text: string): void {
  console.log(`\n${bold(text)}`);
}

let lastCommand = '';

/** A command line, as a person would type it; one that is only repeated until something has happened is shown once. */
export function printCommand(line: string): void {
  if (line === lastCommand) return;
  lastCommand = line;
  console.log(`  ${bold('$')} ${shortened(line)}`);
}

/** Something worth knowing. */
export function printNote(text: string): void {
  console.log(`    ${text}`);
}

/** Whether something was as it should be. */
export function printCheck(holds: boolean, text: string): void {
  console.log(`    ${holds ? 'ok    ' : bold('WRONG ')} ${text}`);
}

export function printTable(rows: readonly (readonly [string, string])[]): void {
  const width = Math.max(...rows.map(([what]) => what.length));
  for (const [what, value] of rows) console.log(`  ${what.padEnd(width)}   ${value}`);
}

export function printFailure(error: unknown): void {
  console.error(error);
}

function bold(text: string): string {
  return process.stdout.isTTY ? `\x1b[1m${text}\x1b[0m` : text;
}

/** Paths of this checkout and a kernel’s long command line say nothing here. */
function shortened(line: string): string {
  return line.replace(/\S*\/\.cache\/\S*\//g, '').replace(/(--append )'[^']*'/, "$1'console=ttyS0 …'");
}
