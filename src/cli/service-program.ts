import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { type UninstallSettings, uninstallAll } from '../daemon/installs/uninstall.ts';
import { runService, type ServiceSettings } from '../daemon/main.ts';
import { runRootless } from '../daemon/rootless.ts';
import { AppError } from '../lib/errors.ts';
import { forgetProxies, proxiesOf } from '../sys/http/proxy.ts';
import { OWN_RESOLVERS } from '../sys/names/resolver.ts';
import { requireRoot } from '../sys/programs/users.ts';
import { ownFolders } from './own-folders.ts';
import { type Context, newProgram, setAction } from './program.ts';
import { isConfirmedByName, namesIn } from './terminal/confirm.ts';
import { print } from './terminal/print.ts';

interface ServiceCommand {
  state?: string;
  run?: string;
  socket?: string;
  group: string;
  accel: ServiceSettings['accel'];
  proxy?: string;
  resolver?: string[];
  rootless?: boolean;
  inside?: boolean;
  suspendAll?: boolean;
  uninstall?: boolean;
  yes?: boolean;
}

/** Asks the person at the terminal, if there is one, whether what is lost may be lost. */
async function uninstallAsking(
  context: Context,
  settings: Omit<UninstallSettings, 'isConfirmed'>,
  isConfirmed: boolean,
): Promise<void> {
  try {
    await uninstallAll({ ...settings, isConfirmed });
  } catch (error) {
    const isQuestion = error instanceof AppError && error.code === 'UNINSTALL_CONFIRM';
    if (!isQuestion || !(await isConfirmedByName(context, error.message, namesIn(error.details)))) throw error;
    await uninstallAll({ ...settings, isConfirmed: true });
  }
}

/** `lazaretd`. */
export function serviceProgram(): Command {
  const program = newProgram(
    'lazaretd',
    'The service that runs this computer’s machines and enforces their policies. Runs as root, unless --rootless.',
  );
  setAction<ServiceCommand>(program, async (context, options) => {
    const { signal } = context;
    const { rootless = false, inside = false, suspendAll = false, resolver, group, accel } = options;
    const own = rootless || inside ? ownFolders() : { state: '/var/lib/lazaret', run: '/run/lazaret' };
    const { state = own.state, run = own.run } = options;
    const socket = options.socket ?? join(run, 'lazaretd.sock');
    if (options.uninstall) {
      if (!rootless) requireRoot('removing all machines');
      const settings = { state, run, socket, isRootless: rootless };
      await uninstallAsking(context, settings, options.yes === true);
      return print(context, { state, run }, `${state} and ${run} are as if Lazaret had never been here`);
    }
    const proxies = proxiesOf(process.env, options.proxy);
    // What machines run inherits none of it.
    forgetProxies(process.env);
    if (!rootless) {
      requireRoot('the service (without --rootless)');
      const resolvers = resolver ? { resolvers: resolver } : {};
      const settings = { state, run, socket, group, accel, isInside: inside, suspendAll, proxies, ...resolvers };
      return runService(settings, signal);
    }
    if (process.getuid?.() === 0) throw new AppError('USAGE', 'root has no need of --rootless: leave it out');
    const words = ['--state', state, '--run', run, '--socket', socket, '--group', group, '--accel', accel];
    if (suspendAll) words.push('--suspend-all');
    Object.assign(process.env, proxies);
    const [, script = ''] = process.argv;
    const within = [process.execPath, ...process.execArgv, script, '--inside', ...words];
    process.exitCode = await runRootless(within, run, resolver ? { addresses: resolver } : OWN_RESOLVERS, signal);
  })
    .option('--state <dir>', 'what is installed (default: /var/lib/lazaret; rootless ~/.local/share/lazaret)')
    .option(
      '--run <dir>',
      'sockets and what a restart may forget (default: /run/lazaret; rootless $XDG_RUNTIME_DIR/lazaret)',
    )
    .option('--socket <path>', 'the socket that `lazaret` talks to (default: lazaretd.sock in the run folder)')
    .option(
      '--group <name>',
      'the group that may use the socket, where there is one (groupadd --system lazaret)',
      'lazaret',
    )
    .addOption(
      new Option('--accel <kind>', 'how the machines’ processors run').choices(['auto', 'kvm', 'tcg']).default('auto'),
    )
    .option('--resolver <address...>', 'DNS servers, instead of this computer’s')
    .option('--proxy <url>', 'the way to web servers, instead of HTTPS_PROXY and HTTP_PROXY; NO_PROXY holds')
    .option(
      '--rootless',
      'run as an ordinary user: the same rules, which that user could change; machines end with the service',
    )
    .option(
      '--suspend-all',
      'suspend machines, instead of shutting them down, when the computer ends or this with --rootless: they go on with the next start',
    )
    .option('--uninstall', 'remove all machines and forget their project, instead of running')
    .option('--yes', 'with --uninstall: go on although what users keep in the machines is lost')
    .addOption(new Option('--inside', 'what --rootless starts').hideHelp());
  return program;
}
