import { resolve } from 'node:path';
import type { Command } from 'commander';
import { AppError } from '../../lib/errors.ts';
import { openProject } from '../../project/open.ts';
import { systemClock } from '../../sys/clock.ts';
import { createKeyFile, openKeyFile } from '../../trust/keys.ts';
import { reportText } from '../../trust/report-signature.ts';
import { wholeNumber } from '../arguments.ts';
import { type PassphraseOptions, readPassphrase } from '../passphrase.ts';
import { print } from '../print.ts';
import { addCommand } from '../program.ts';

interface SignOptions extends PassphraseOptions {
  directory: string;
  machine: string;
  counter?: number;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** What an update server needs to vouch for versions, where a policy takes more than the guest’s word. */
export function addReportCommands(nq: Command): void {
  const signer = nq.command('signer').description('keys by which update servers vouch for versions');
  addCommand<PassphraseOptions>(
    signer,
    'new <file>',
    'make a key for an update server; the policy names its public half',
    async (context, options, path = '') => {
      const { publicKeyHex } = await createKeyFile(resolve(path), await readPassphrase(options, true));
      print(
        context,
        { path, publicKey: publicKeyHex },
        `${publicKeyHex}\nlet the policy name it: lazaret-manager nq set VM --signer ${publicKeyHex}`,
      );
    },
  ).option('--passphrase-file <file>', 'its passphrase, in a file');

  addCommand<SignOptions>(
    signer,
    'sign <file> <descriptor>',
    'sign that a machine is at a version; prints what its guest gives to nq-set',
    async (context, options, path = '', descriptor = '') => {
      const { directory, machine, counter = systemClock() } = options;
      if (!UUID.test(machine)) throw new AppError('USAGE', `“${machine}” is not the UUID of a machine`);
      const { fingerprint: project } = (await openProject(directory)).file.value;
      const key = await openKeyFile(resolve(path), await readPassphrase(options));
      const signature = key.sign(Buffer.from(reportText({ project, machine, descriptor, counter })));
      const report = `${descriptor};sig=${counter}.${signature.toString('base64url')}`;
      print(context, { report }, report);
    },
  )
    .requiredOption('--machine <uuid>', 'as the guest finds it in /sys/class/dmi/id/product_uuid')
    .option('--counter <n>', 'higher than any before for this machine; without it, the time', wholeNumber)
    .option('--passphrase-file <file>', 'the key’s passphrase, in a file');
}
