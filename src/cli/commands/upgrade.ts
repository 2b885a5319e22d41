import type { Command } from 'commander';
import { z } from 'zod';
import type { LazaretAnswer } from '../../api/install.ts';
import { ROUTES } from '../../api/routes.ts';
import type { AsJson } from '../../lib/json.ts';
import { installLazaret, type Offer, offerFor, provedLazaret } from '../../package/installer/upgrade.ts';
import { openSource } from '../../package/source.ts';
import { requireRoot } from '../../sys/programs/users.ts';
import { isAgreed } from '../confirm.ts';
import {
  addPackageSecretOptions,
  askedPackageSecret,
  type PackageSecretOptions,
  packageSecret,
} from '../package-secret.ts';
import { print, printStep } from '../print.ts';
import { addCommand, type Context } from '../program.ts';
import { askOnce, isFailure, type ServiceOptions } from '../service.ts';
import { sourceOf } from './install.ts';

interface UpgradeOptions extends ServiceOptions, PackageSecretOptions {
  fingerprint?: string;
  check?: boolean;
}

export function addUpgradeCommand(program: Command): void {
  const command = addCommand<UpgradeOptions>(
    program,
    'upgrade <package>',
    'install the Lazaret that a package brings, where it is newer than the one that is here',
    async (context, options, given = '') => {
      if (!options.check) requireRoot('installing Lazaret');
      const { signed, secret } = await askSigned(context, options, {
        source: sourceOf(given),
        ...(await packageSecret(options)),
        ...(options.fingerprint === undefined ? {} : { fingerprint: options.fingerprint.toLowerCase() }),
      });
      const { signal } = context;
      const offer = await offerFor(signed.files, signal);
      const { offered, isNewer } = offer;
      const isInstalled = isNewer && !options.check;
      if (isNewer || options.check) {
        await using source = await openSource(sourceOf(given), secret);
        const proved = await provedLazaret(source, offered, signal);
        if (isInstalled) {
          printStep(context, `installing Lazaret ${offered.version}, signed by ${signed.project.name}`);
          for (const line of await installLazaret(proved, offered, signal)) printStep(context, line);
        }
      }
      const answer = { installed: offer.installed, offered: offered.version, isNewer, isInstalled };
      print(context, answer, outcomeText(offer, options.check === true, signed.project.name));
    },
  );
  addPackageSecretOptions(command)
    .option('--fingerprint <hex>', 'the project’s fingerprint, where this computer trusts none yet')
    .option('--check', 'install nothing: say whether what the package brings is what its project signed');
}

function outcomeText({ installed, offered: { version }, isNewer }: Offer, isCheck: boolean, project: string): string {
  const here = installed === undefined ? 'none is installed' : `${installed} is installed`;
  if (isCheck) return `Lazaret ${version} is as ${project} signed it; ${here}`;
  if (isNewer) return `Lazaret ${version} is installed${installed === undefined ? '' : `, in place of ${installed}`}`;
  return `Lazaret ${installed} stays: ${version} is not newer`;
}

interface Asked {
  source: string;
  fingerprint?: string;
  secret?: string;
}

/** Asks the service, and the user for what it wants to be told first. */
async function askSigned(
  context: Context,
  options: ServiceOptions,
  body: Asked,
): Promise<{ signed: AsJson<LazaretAnswer>; secret?: string }> {
  try {
    const signed = await askOnce(options, ROUTES.lazaret, { body, signal: context.signal });
    return { signed, ...(body.secret === undefined ? {} : { secret: body.secret }) };
  } catch (error) {
    const answered = (await askedPackageSecret(error)) ?? (await agreedFingerprint(context, error, body));
    if (!answered) throw error;
    return askSigned(context, options, { ...body, ...answered });
  }
}

async function agreedFingerprint(context: Context, error: unknown, { fingerprint: given }: Asked) {
  if (!isFailure(error) || error.code !== 'TRUST_CONFIRM' || given !== undefined) return undefined;
  const { fingerprint } = z.object({ fingerprint: z.string().optional() }).parse(error.details);
  const question = `${error.reason}\nIs that the fingerprint your administrator told you?`;
  return fingerprint !== undefined && (await isAgreed(context, question)) ? { fingerprint } : undefined;
}
