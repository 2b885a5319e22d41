import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { publishedListener } from '../../manager/published.ts';
import { deploy } from '../../package/deploy.ts';
import { keyPath, projectPaths } from '../../project/layout.ts';
import { requireProject } from '../../project/open.ts';
import { withProject } from '../../project/save.ts';
import { systemClock } from '../../sys/clock.ts';
import { listenTcp } from '../../sys/http-server.ts';
import { openKeyFile } from '../../trust/keys.ts';
import { duration, wholeNumber } from '../arguments.ts';
import { type PassphraseOptions, readPassphrase } from '../passphrase.ts';
import { print, printStep } from '../print.ts';
import { addCommand } from '../program.ts';

interface DeployOptions extends PassphraseOptions {
  directory: string;
  valid: number;
}

interface ServeOptions {
  directory: string;
  host: string;
  port: number;
}

export function addDeployCommands(program: Command): void {
  addCommand<DeployOptions>(
    program,
    'deploy',
    'sign the policies and publish them in published/policies',
    async (context, options) => {
      const { directory, valid } = options;
      const { serial } = await withProject(directory, async (project) => {
        const key = await openKeyFile(keyPath(directory, 'policy'), await readPassphrase(options));
        return deploy(project, { key, now: systemClock(), validForMs: valid });
      });
      const folder = resolve(projectPaths(directory).policies);
      print(context, { serial, folder }, `published policy ${serial} in ${folder}`);
    },
  ).addOption(
    new Option('--valid <duration>', 'how long computers may believe it without a newer one')
      .argParser(duration)
      .default(30 * 86_400_000, '30d'),
  );

  addCommand<ServeOptions>(
    program,
    'serve',
    'serve published/ to computers, for trying out and small sites',
    async (context, options) => {
      const { directory, host, port } = options;
      await requireProject(directory);
      await using server = await listenTcp(host, port, publishedListener(projectPaths(resolve(directory)).published));
      const address = `http://${host.includes(':') ? `[${host}]` : host}:${server.port}`;
      print(
        context,
        { address, policies: `${address}/policies`, packages: `${address}/packages` },
        `serving ${address}/policies and ${address}/packages`,
      );
      printStep(context, 'Ctrl-C ends it');
      await new Promise<void>((done) => context.signal.addEventListener('abort', () => done(), { once: true }));
    },
  )
    .option('--host <address>', 'listen on this address', '127.0.0.1')
    .option('--port <port>', 'listen on this port, 0 for any', wholeNumber, 8470);
}
