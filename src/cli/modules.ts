import type { Command } from 'commander';

/** What some commands are in; it is loaded when one of them is asked for: no command waits for the others’. */
export interface Module {
  /** Each a command, or a command and one below it: the narrowest first. */
  commands: readonly string[];
  load: () => Promise<(program: Command) => void>;
}

/** Adds the commands that the words of a command line may mean; all of them where they name none. */
export async function addAsked(
  program: Command,
  modules: readonly Module[],
  words: readonly string[],
  valued: readonly string[],
): Promise<void> {
  const [command = '', subcommand = ''] = askedFor(words, valued);
  const asked = [`${command} ${subcommand}`, command];
  const wanted = modules.find(({ commands }) => commands.some((known) => asked.includes(known)));
  const all = modules.filter(({ commands }) => commands.every((known) => !known.includes(' ')));
  for (const { load } of wanted ? [wanted] : all) (await load())(program);
}

/** The words from the first on that is no option; a `valued` option has a word behind it. */
function askedFor([first, ...rest]: readonly string[], valued: readonly string[]): readonly string[] {
  if (first === undefined) return [];
  if (!first.startsWith('-')) return [first, ...rest];
  return askedFor(valued.includes(first) ? rest.slice(1) : rest, valued);
}
