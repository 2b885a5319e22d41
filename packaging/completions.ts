import { allBelow, type CommandText, type OptionText } from './commands.ts';

/** A shell’s completions of a program: its file’s name, and what is in it. */
export interface Completion {
  path: string;
  text: string;
}

/** Of a program, for bash, zsh and fish: its commands, their options, and what an option takes where that is one of few. */
export function completions(program: CommandText): Completion[] {
  const [name = ''] = program.path;
  return [
    { path: `usr/share/bash-completion/completions/${name}`, text: forBash(program) },
    { path: `usr/share/zsh/vendor-completions/_${name}`, text: forZsh(program) },
    { path: `usr/share/fish/vendor_completions.d/${name}.fish`, text: forFish(program) },
  ];
}

/** A branch of `case` for each command: what may stand behind its words. */
function branches(program: CommandText, candidates: (at: CommandText) => string): string[] {
  return allBelow(program).map((at) => `    ${quoted(keyOf(at))}) ${candidates(at)} ;;`);
}

/** A command’s words behind the program’s name. */
function keyOf({ path }: CommandText): string {
  return path.slice(1).join(' ');
}

/** The options of a command, and of those above it, which may stand behind it too. */
function optionsAt(program: CommandText, at: CommandText): OptionText[] {
  const own = at === program ? [] : program.options.filter(({ flags }) => !flags.includes('--version'));
  const all = [...at.options, ...own];
  return all.filter(({ flags }, index) => all.findIndex((other) => other.flags.at(-1) === flags.at(-1)) === index);
}

/** Shell that finds the command which the words before the cursor name, in `key`; `words` names them, from `first` on. */
function findsCommand(program: CommandText, words: string): string[] {
  const valued = allBelow(program)
    .flatMap(({ options }) => options)
    .filter(({ term }) => / <[^>]+>$/.test(term))
    .flatMap(({ flags }) => flags);
  const keys = allBelow(program).map(keyOf).filter(Boolean);
  return [
    '  local key= skip= word',
    `  for word in ${words}; do`,
    '    if [[ -n $skip ]]; then skip=; continue; fi',
    '    case $word in',
    `      ${[...new Set(valued)].sort().join('|')}) skip=1; continue ;;`,
    '      -*) continue ;;',
    '    esac',
    ...(keys.length > 0
      ? [`    case "\${key:+$key }$word" in ${keys.map(quoted).join('|')}) key="\${key:+$key }$word" ;; esac`]
      : []),
    '  done',
  ];
}

function forBash(program: CommandText): string {
  const [name = ''] = program.path;
  const own = functionOf(name);
  const words = (at: CommandText) => [
    ...at.commands.map((below) => below.path.at(-1) ?? ''),
    ...optionsAt(program, at).flatMap(({ flags }) => flags),
  ];
  return text([
    `# bash completions of ${name}, made from what its --help says.`,
    `${own}() {`,
    `  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}`,
    ...findsCommand(program, `"\${COMP_WORDS[@]:1:COMP_CWORD-1}"`),
    '  local candidates=',
    '  case $key in',
    ...branches(program, (at) => `candidates=${quoted(words(at).join(' '))}`),
    '  esac',
    ...choicesOf(program, (flags, choices) => `    ${flags}) candidates=${quoted(choices.join(' '))} ;;`, '$previous'),
    '  mapfile -t COMPREPLY < <(compgen -W "$candidates" -- "$current")',
    '}',
    // What it does not know may be a file.
    `complete -o default -F ${own} ${name}`,
  ]);
}

function forZsh(program: CommandText): string {
  const [name = ''] = program.path;
  const described = (at: CommandText) => [
    ...at.commands.map(({ path, description }) => colon(path.at(-1) ?? '', description)),
    ...optionsAt(program, at).flatMap(({ flags, description }) => flags.map((flag) => colon(flag, description))),
  ];
  return text([
    `#compdef ${name}`,
    `# zsh completions of ${name}, made from what its --help says.`,
    `${functionOf(name)}() {`,
    ...findsCommand(program, `"\${(@)words[2,CURRENT-1]}"`),
    '  local -a candidates',
    '  case $key in',
    ...branches(program, (at) => `candidates=(${described(at).map(quoted).join(' ')})`),
    '  esac',
    ...choicesOf(
      program,
      (flags, choices) => `    ${flags}) candidates=(${choices.map(quoted).join(' ')}) ;;`,
      `\${words[CURRENT-1]}`,
    ),
    "  _describe -t commands 'command or option' candidates || _files",
    '}',
    `${functionOf(name)} "$@"`,
  ]);
}

function forFish(program: CommandText): string {
  const [name = ''] = program.path;
  const is = `__fish_${name.replaceAll('-', '_')}_is`;
  const each = allBelow(program).flatMap((at) => {
    const condition = `-n ${quoted(`${is} ${keyOf(at)}`.trim())}`;
    const below = at.commands.map(
      ({ path, description }) => `complete -c ${name} -f ${condition} -a ${path.at(-1)} -d ${fishQuoted(description)}`,
    );
    return [...below, ...optionsAt(program, at).map((option) => fishOption(name, condition, option))];
  });
  const keys = allBelow(program).map(keyOf).filter(Boolean);
  return text([
    `# fish completions of ${name}, made from what its --help says.`,
    `function ${is}`,
    '    set -l key',
    '    for word in (commandline -opc)[2..-1]',
    `        if contains -- "$key $word" ${keys.map((key) => quoted(` ${key}`)).join(' ')}`,
    '            set key "$key $word"',
    '        end',
    '    end',
    '    test "$key" = (string join "" "" " "$argv)',
    'end',
    ...each,
  ]);
}

function fishOption(name: string, condition: string, { flags, description, term, choices }: OptionText): string {
  const words = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  const value = choices.length > 0 ? `-x -a ${quoted(choices.join(' '))}` : / <[^>]+>$/.test(term) ? '-r' : '';
  return ['complete', '-c', name, condition, ...words, value, '-d', fishQuoted(description)].filter(Boolean).join(' ');
}

/** Shell that sets the candidates to what the option before the cursor takes, where that is one of few. */
function choicesOf(
  program: CommandText,
  branch: (flags: string, choices: readonly string[]) => string,
  previous: string,
): string[] {
  const options = allBelow(program).flatMap((at) => at.options);
  const chosen = options.filter(({ choices }) => choices.length > 0);
  const byFlags = new Map(chosen.map(({ flags, choices }) => [flags.join('|'), choices]));
  if (byFlags.size === 0) return [];
  return [`  case ${previous} in`, ...[...byFlags].map(([flags, choices]) => branch(flags, choices)), '  esac'];
}

function functionOf(name: string): string {
  return `_${name.replaceAll('-', '_')}`;
}

/** A word and what it is, as zsh’s _describe takes them. */
function colon(word: string, description: string): string {
  return `${word.replaceAll(':', '\\:')}:${description}`;
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** fish knows another escape within quotes. */
function fishQuoted(word: string): string {
  return `'${word.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

function text(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}
