import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { publishedListener } from '../../manager/published.ts';
import { deploy } from '../../package/build/publish-policies.ts';
import { keyPath, projectPaths } from '../../project/layout.ts';
import { requireProject } from '../../project/open.ts';
import { withProject } from '../../project/save.ts';
import { deployForms, deployTarget, putOnServer, unaskedTarget } from '../../servers/put.ts';
import { listenTcp } from '../../sys/network/http-server.ts';
import { openKeyFile } from '../../trust/keys.ts';
import { duration, wholeNumber } from '../arguments.ts';
import { type DirectoryOptions, writerAccount } from '../directory-account.ts';
import { type PassphraseOptions, readPassphrase } from '../passphrase.ts';
import { print, printStep } from '../print.ts';
import { addCommand } from '../program.ts';
import { CLOCK_IS_RIGHT, type ClockOptions, signingTime } from '../sound-clock.ts';

interface DeployOptions extends PassphraseOptions, DirectoryOptions, ClockOptions {
  directory: string;
  valid: number;
  to?: string;
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
    'sign the policies, publish them in published/policies, and put them on the policy server',
    async (context, options) => {
      const { directory, valid } = options;
      const folder = resolve(projectPaths(directory).policies);
      const { serial, warnings, to } = await withProject(directory, async (project) => {
        const { policyServer } = project.file.value;
        const target = options.to === undefined ? unaskedTarget(policyServer) : deployTarget(options.to);
        const now = await signingTime(context, project, options);
        const key = await openKeyFile(keyPath(directory, 'policy'), await readPassphrase(options));
        // Asked for before anything is signed: a wrong name is not to cost a release.
        const account = target?.kind.needsAccount ? await writerAccount(options) : undefined;
        const done = await deploy(project, { key, now, validForMs: valid });
        if (target) await putOnServer(folder, target, { ...(account ? { account } : {}), signal: context.signal });
        return { ...done, to: target?.address };
      });
      for (const warning of warnings) printStep(context, `warning: ${warning}`);
      const told = to === undefined ? '' : ` and on ${to}`;
      print(
        context,
        { serial, folder, warnings, ...(to === undefined ? {} : { to }) },
        `published policy ${serial} in ${folder}${told}`,
      );
    },
  )
    .addOption(
      new Option('--valid <duration>', 'how long computers may believe it without a newer one')
        .argParser(duration)
        .default(30 * 86_400_000, '30d'),
    )
    .option(...CLOCK_IS_RIGHT)
    .option('--to <place>', `put it there: ${deployForms()}`)
    .option('--user <name>', 'log on to the directory as this administrator: user@domain, or a distinguished name')
    .option('--password-file <file>', 'the file with that administrator’s password; without it, you are asked')
    .option(
      '--ca <file>',
      'the certificates that may vouch for the directory; without it, those that the system trusts',
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
