import type { Command, Help } from 'commander';

const INDENT = '  ';
const GAP = 2;
/** Where less is left beside an option, what it does stands below it. */
const LEAST_BESIDE = 28;

/** Lets a program’s help fit its terminal, and tell the options of the program itself with each command. */
export function fitHelp(program: Command): Command {
  return program.configureHelp({ showGlobalOptions: true, minWidthToWrap: LEAST_BESIDE, formatItem });
}

/** An option or command and what it is: beside it where there is room, else below. */
function formatItem(this: Help, term: string, termWidth: number, description: string): string {
  const width = this.helpWidth ?? 80;
  const beside = width - INDENT.length - termWidth - GAP;
  if (beside >= LEAST_BESIDE) {
    const lines = this.boxWrap(description, beside).split('\n');
    const margin = `\n${' '.repeat(INDENT.length + termWidth + GAP)}`;
    return `${INDENT}${term.padEnd(termWidth + GAP)}${lines.join(margin)}`.trimEnd();
  }
  const below = this.boxWrap(description, Math.max(LEAST_BESIDE, width - 3 * INDENT.length));
  return [term, ...below.split('\n').map((line) => INDENT.repeat(2) + line)].map((line) => INDENT + line).join('\n');
}
