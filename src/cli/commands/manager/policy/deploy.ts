import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { deployPolicies } from '../../../../manager/policies/deploy.ts';
import { servePublished } from '../../../../manager/published.ts';
import { deployForms } from '../../../../servers/put.ts';
import { duration, port } from '../../../arguments.ts';
import { addCommand } from '../../../program.ts';
import { type DirectoryOptions, writerAccount } from '../../../secrets/directory-account.ts';
import { CLOCK_IS_RIGHT, type SignOptions, signerBy } from '../../../secrets/signer.ts';
import { print, printStep } from '../../../terminal/print.ts';

interface DeployOptions extends SignOptions, DirectoryOptions {
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
      const { directory, valid, to } = options;
      const deployed = await deployPolicies(directory, {
        ...(to === undefined ? {} : { to }),
        validForMs: valid,
        signer: signerBy(context, options),
        account: () => writerAccount(options),
        signal: context.signal,
      });
      for (const warning of deployed.warnings) printStep(context, `warning: ${warning}`);
      const told = deployed.to === undefined ? '' : ` and on ${deployed.to}`;
      print(context, deployed, `published policy ${deployed.serial} in ${deployed.folder}${told}`);
    },
  )
    .addOption(
      new Option('--valid <duration>', 'how long computers may believe it without a newer one')
        .argParser(duration)
        .default(30 * 86_400_000, '30d'),
    )
    .option(...CLOCK_IS_RIGHT)
    .option('--to <place>', `put it there: ${deployForms().join(', ')}`)
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
      const { directory, host } = options;
      await using server = await servePublished(resolve(directory), host, options.port);
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
    .option('--port <port>', 'listen on this port, 0 for any', port, 8470);
}
