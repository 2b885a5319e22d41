import type { Command } from 'commander';
import { ROUTES } from '../../../api/routes.ts';
import { AppError, type Failure, failureOf } from '../../../lib/errors.ts';
import { requireRoot } from '../../../sys/programs/users.ts';
import { keepLazaretNew } from '../../newer-lazaret.ts';
import { addCommand, type Context } from '../../program.ts';
import { addPackageSecretOptions, type PackageSecretOptions, packageSecret } from '../../secrets/package-secret.ts';
import { isFailure, type ServiceOptions } from '../../service.ts';
import { print, printStep } from '../../terminal/print.ts';
import { installAsking, resultText } from './install.ts';

interface UpdateOptions extends ServiceOptions, PackageSecretOptions {
  full?: boolean;
  yes?: boolean;
  keepOld?: boolean;
  acceptHostPolicy?: string;
  lazaret?: boolean;
}

/** What a newer Lazaret may be able to read. */
const UNREADABLE = /^(TRUST_INVALID|PACKAGE_INVALID|LAYER_\w+)$/;

/** Looks whether a newer Lazaret is there, which may read what this one could not; what could not be read is the failure in any case. */
async function tryNewer(context: Context, options: UpdateOptions, secret: { secret?: string }): Promise<void> {
  const isNew = await keepLazaretNew(context, options, secret).catch((error: unknown) => {
    if (isFailure(error)) printStep(context, `no newer Lazaret: ${error.code}`);
    return false;
  });
  if (isNew) printStep(context, 'what could not be read may be readable now: lazaret update');
}

/** What was installed is in the failure’s details. @throws as `keep` does */
async function keepOrTell(keep: () => Promise<unknown>, installed: readonly unknown[]): Promise<void> {
  try {
    await keep();
  } catch (error) {
    const failure = isFailure(error) && !(error instanceof AppError) ? error : failureOf(error);
    throw { ...failure, details: { ...failure.details, installed } } satisfies Failure;
  }
}

export function addUpdateCommand(program: Command): void {
  const command = addCommand<UpdateOptions>(
    program,
    'update [vm]',
    'install the newest package from the address that the project names, and a newer Lazaret that it hands out there',
    async (context, options, vm) => {
      if (options.lazaret) requireRoot('installing Lazaret');
      const { full = false, yes = false, keepOld = false, acceptHostPolicy: accepted } = options;
      const consent = accepted === undefined ? {} : { consentTo: accepted.toLowerCase() };
      let secret = await packageSecret(options);
      const keepsNew = vm === undefined || options.lazaret === true;
      const body = {
        ...{ full, replace: yes, keepOld, ...consent },
        ...(vm === undefined ? {} : { vm }),
        ...secret,
      };
      // Nobody is asked for it twice.
      const told = (said: { secret?: string }) => {
        secret = said.secret === undefined ? {} : { secret: said.secret };
      };
      const results = await installAsking(context, options, ROUTES.update, body, told).catch(async (error: unknown) => {
        if (keepsNew && isFailure(error) && UNREADABLE.test(error.code)) await tryNewer(context, options, secret);
        throw error;
      });
      const text = results.map(resultText).join('\n');
      // People read what is done as it is; a program reads one document, and in that what was installed before Lazaret itself failed.
      if (context.json && keepsNew) await keepOrTell(() => keepLazaretNew(context, options, secret), results);
      print(context, results, text);
      if (!context.json && keepsNew) await keepLazaretNew(context, options, secret);
    },
  );
  addPackageSecretOptions(command)
    .option('--full', 'fetch all of a machine where its update cannot be applied')
    .option('--keep-old', 'keep the former systems, to be rolled back to')
    .option('--accept-host-policy <digest>', 'consent to exactly these rules for this computer itself')
    .option('--lazaret', 'install a newer Lazaret without asking, and fail where that cannot be')
    .option('--yes', 'go on although what was changed in replaced machines is lost');
}
