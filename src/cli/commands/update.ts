import type { Command } from 'commander';
import { ROUTES } from '../../api/routes.ts';
import { addPackageSecretOptions, type PackageSecretOptions, packageSecret } from '../package-secret.ts';
import { print } from '../print.ts';
import { addCommand } from '../program.ts';
import type { ServiceOptions } from '../service.ts';
import { installAsking, resultText } from './install.ts';

interface UpdateOptions extends ServiceOptions, PackageSecretOptions {
  full?: boolean;
  yes?: boolean;
  keepOld?: boolean;
  acceptHostPolicy?: string;
}

export function addUpdateCommand(program: Command): void {
  const command = addCommand<UpdateOptions>(
    program,
    'update [vm]',
    'install the newest package from the address that the project names',
    async (context, options, vm) => {
      const { full = false, yes = false, keepOld = false, acceptHostPolicy: accepted } = options;
      const consent = accepted === undefined ? {} : { consentTo: accepted.toLowerCase() };
      const results = await installAsking(context, options, ROUTES.update, {
        ...{ full, replace: yes, keepOld, ...consent },
        ...(vm === undefined ? {} : { vm }),
        ...(await packageSecret(options)),
      });
      print(context, results, results.map(resultText).join('\n'));
    },
  );
  addPackageSecretOptions(command)
    .option('--full', 'fetch all of a machine where its update cannot be applied')
    .option('--keep-old', 'keep the former systems, to be rolled back to')
    .option('--accept-host-policy <digest>', 'consent to exactly these rules for this computer itself')
    .option('--yes', 'go on although what was changed in replaced machines is lost');
}
