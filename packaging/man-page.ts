import type { CommandText } from './commands.ts';

export interface PageFacts {
  section: 1 | 8;
  release: string;
  /** When it was changed, as YYYY-MM-DD. */
  date: string;
  /** Other pages, as `lazaretd(8)`. */
  seeAlso: readonly string[];
}

/** A manual page of a program with all its commands, in the macros that man(7) describes. */
export function manPage(program: CommandText, { section, release, date, seeAlso }: PageFacts): string {
  const [name = ''] = program.path;
  const commands = program.commands.flatMap(commandParts);
  return lines([
    `.TH ${name.toUpperCase()} ${section} ${date} "Lazaret ${release}" "Lazaret"`,
    ...['.SH NAME', `${escaped(name)} \\- ${escaped(asTitle(program.description))}`],
    ...['.SH SYNOPSIS', `.B ${escaped(name)}`, escaped(program.usage.slice(name.length + 1))],
    ...['.SH DESCRIPTION', escaped(program.description)],
    ...optionParts(program, '.SH OPTIONS'),
    ...(commands.length > 0 ? ['.SH COMMANDS', ...commands] : []),
    ...['.SH EXIT STATUS', '0 when all was done; else the status that belongs to the error code which is printed.'],
    ...['.SH SEE ALSO', escaped(seeAlso.join(', '))],
  ]);
}

/** A command, or, where it holds others, these. */
function commandParts(command: CommandText): string[] {
  if (command.commands.length > 0) return command.commands.flatMap(commandParts);
  return [
    `.SS "${escaped(command.usage)}"`,
    escaped(sentence(command.description)),
    ...command.arguments.flatMap(({ term, description }) => (description === '' ? [] : item(term, description))),
    ...optionParts(command),
  ];
}

function optionParts({ options }: CommandText, heading?: string): string[] {
  const told = options.filter(({ flags }) => heading !== undefined || !flags.includes('--help'));
  if (told.length === 0) return [];
  return [...(heading ? [heading] : []), ...told.flatMap(({ term, description }) => item(term, description))];
}

function item(term: string, description: string): string[] {
  return ['.TP', `\\fB${escaped(term)}\\fR`, escaped(sentence(description))];
}

function asTitle(description: string): string {
  return description.split('. ')[0]?.replace(/\.$/, '') ?? '';
}

function sentence(text: string): string {
  const first = text.slice(0, 1).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}

/** As text: neither a request at the beginning of a line, nor an escape, and a hyphen that can be copied. */
function escaped(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('"', '\\(dq')
    .replace(/^([.'])/, '\\&$1');
}

function lines(all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}
