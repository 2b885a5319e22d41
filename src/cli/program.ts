import { Command, CommanderError, Option } from 'commander';
import { AppError } from '../lib/errors.ts';
import { ownRelease } from '../sys/files/own-release.ts';
import { proxiesOf, setProxies } from '../sys/http/proxy.ts';
import { fitHelp } from './terminal/help.ts';
import { type Output, printFailure } from './terminal/print.ts';
import { sizeTerminal } from './terminal/size.ts';

/** What every command gets besides its own arguments. */
export interface Context extends Output {
  /** Ends with Ctrl-C. */
  signal: AbortSignal;
}

/** A command’s own work; what it throws is printed with code, reason and remedy. */
export type Action<Options> = (context: Context, options: Options, ...args: string[]) => Promise<void>;

/** Adds a command; `--json` comes with it, and options of the programs above it are among its own. */
export function addCommand<Options extends object>(
  parent: Command,
  usage: string,
  description: string,
  action: Action<Options>,
): Command {
  return setAction(parent.command(usage).description(description), action);
}

/** Says what a command does. */
export function setAction<Options extends object>(command: Command, action: Action<Options>): Command {
  command.addOption(new Option('--json', 'print one JSON value'));
  command.action(async () => {
    const options = command.optsWithGlobals<Options & { json?: boolean; proxy?: string }>();
    const interrupt = new AbortController();
    const onSignal = (name: NodeJS.Signals) => {
      if (interrupt.signal.aborted) endAtOnce(name, onSignal);
      interrupt.abort(new AppError('INTERRUPTED', 'interrupted'));
    };
    // Not `once`: execa listens too while it runs a program, and ends the process where it finds nobody else listening.
    process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
    const context: Context = { json: options.json === true, signal: interrupt.signal };
    try {
      setProxies(proxiesOf(process.env, options.proxy));
      await action(context, options, ...command.processedArgs);
    } catch (error) {
      process.exitCode = printFailure(context, interrupt.signal.aborted ? interrupt.signal.reason : error);
    } finally {
      process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    }
  });
  return command;
}

/** Whoever asks a second time does not want to wait for an orderly end. */
function endAtOnce(name: NodeJS.Signals, onSignal: NodeJS.SignalsListener): void {
  process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  process.kill(process.pid, name);
}

/** A program of that name; wrong arguments end it with status 64. */
export function newProgram(name: string, description: string): Command {
  sizeTerminal();
  return fitHelp(new Command(name))
    .description(description)
    .version(`${name} ${ownRelease()}`, '--version', 'print the release')
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    .showHelpAfterError(false);
}

/** Runs a program with the arguments it was started with. */
export async function runProgram(program: Command): Promise<void> {
  const json = process.argv.includes('--json');
  overrideExits(program);
  try {
    await program.parseAsync();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0 || error.code === 'commander.help') return;
    // Its message is all that there is to say: as a cause it would be said twice.
    process.exitCode = printFailure({ json }, new AppError('USAGE', error.message.replace(/^error: /, '')));
  }
}

function overrideExits(command: Command): void {
  for (const sub of command.commands) {
    sub.exitOverride().configureOutput({ outputError: () => undefined });
    overrideExits(sub);
  }
}
