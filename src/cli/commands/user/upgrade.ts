import type { Command } from 'commander';
import { type Offer, offerFor } from '../../../package/installer/upgrade.ts';
import { requireRoot } from '../../../sys/programs/users.ts';
import { askSigned, inPlaceOf, proveOffered } from '../../newer-lazaret.ts';
import { addCommand } from '../../program.ts';
import { addPackageSecretOptions, type PackageSecretOptions, packageSecret } from '../../secrets/package-secret.ts';
import type { ServiceOptions } from '../../service.ts';
import { print } from '../../terminal/print.ts';
import { sourceOf } from './install.ts';

interface UpgradeOptions extends ServiceOptions, PackageSecretOptions {
  fingerprint?: string;
  check?: boolean;
}

export function addUpgradeCommand(program: Command): void {
  const command = addCommand<UpgradeOptions>(
    program,
    'upgrade [package]',
    'install the Lazaret that a package brings, or the project’s address has, where it is newer than the one that is here',
    async (context, options, given) => {
      if (!options.check) requireRoot('installing Lazaret');
      const asked = await askSigned(context, options, {
        ...(given === undefined ? {} : { source: sourceOf(given) }),
        ...(await packageSecret(options)),
        ...(options.fingerprint === undefined ? {} : { fingerprint: options.fingerprint.toLowerCase() }),
      });
      const offer = await offerFor(asked.signed.files, context.signal);
      const { installed, offered, isNewer } = offer;
      const isInstalled = isNewer && !options.check;
      if (isNewer || options.check) await proveOffered(context, asked, offer, isInstalled);
      const answer = { installed, offered: offered.version, isNewer, isInstalled };
      print(context, answer, outcomeText(offer, options.check === true, asked.signed.project.name));
    },
  );
  addPackageSecretOptions(command)
    .option('--fingerprint <hex>', 'the project’s fingerprint, where this computer trusts none yet')
    .option('--check', 'install nothing: say whether what the package brings is what its project signed');
}

function outcomeText(offer: Offer, isCheck: boolean, project: string): string {
  const { installed, isNewer } = offer;
  const { version } = offer.offered;
  const here = installed === undefined ? 'none is installed' : `${installed} is installed`;
  if (isCheck) return `Lazaret ${version} is as ${project} signed it; ${here}`;
  if (isNewer) return `Lazaret ${version} is installed${inPlaceOf(offer)}`;
  return `Lazaret ${installed} stays: ${version} is not newer`;
}
