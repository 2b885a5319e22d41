import type { Command, Option } from 'commander';

/** A command and what is below it, as `--help` tells it. */
export interface CommandText {
  /** The words that lead to it, the program’s first. */
  path: readonly string[];
  usage: string;
  description: string;
  arguments: readonly { term: string; description: string }[];
  options: readonly OptionText[];
  commands: readonly CommandText[];
}

export interface OptionText {
  /** As the help shows it, with what stands behind it. */
  term: string;
  description: string;
  /** `--wait`, `-C`. */
  flags: readonly string[];
  takesValue: boolean;
  choices: readonly string[];
}

/** What a program’s help says of it and of all below it. */
export function commandText(command: Command, above: readonly string[] = []): CommandText {
  const help = command.createHelp();
  const path = [...above, command.name()];
  return {
    path,
    usage: `${path.join(' ')} ${command.usage()}`.trim(),
    description: command.description(),
    arguments: help.visibleArguments(command).map((argument) => ({
      term: help.argumentTerm(argument),
      description: help.argumentDescription(argument),
    })),
    options: help.visibleOptions(command).map((option) => ({
      term: help.optionTerm(option),
      description: help.optionDescription(option),
      flags: [option.short, option.long].filter((flag) => flag !== undefined),
      takesValue: takesValue(option),
      choices: option.argChoices ?? [],
    })),
    commands: help
      .visibleCommands(command)
      .filter((below) => below.name() !== 'help')
      .map((below) => commandText(below, path)),
  };
}

function takesValue({ required, optional }: Option): boolean {
  return required || optional;
}

/** It and all below it, the nearest first. */
export function allBelow(text: CommandText): CommandText[] {
  return [text, ...text.commands.flatMap(allBelow)];
}
