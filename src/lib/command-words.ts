/** A program and its arguments. */
export type CommandWords = readonly [program: string, ...args: string[]];

/** As it is typed into a shell, where a word with anything else than these characters stands in quotes. None of ours has one itself. */
export function typed(words: CommandWords): string {
  return words.map((word) => (/^[\w./:=+@-]+$/.test(word) ? word : `'${word}'`)).join(' ');
}
