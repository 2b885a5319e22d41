import { resolve } from 'node:path';
import type { Command } from 'commander';
import { newSigner, signReport } from '../../../../manager/policies/sign-report.ts';
import { systemClock } from '../../../../sys/clock.ts';
import { wholeNumber } from '../../../arguments.ts';
import { addCommand } from '../../../program.ts';
import { type PassphraseOptions, readPassphrase } from '../../../secrets/passphrase.ts';
import { print } from '../../../terminal/print.ts';

interface SignOptions extends PassphraseOptions {
  directory: string;
  machine: string;
  counter?: number;
}

/** What an update server needs to vouch for versions, where a policy takes more than the guest’s word. */
export function addReportCommands(nq: Command): void {
  const signer = nq.command('signer').description('keys by which update servers vouch for versions');
  addCommand<PassphraseOptions>(
    signer,
    'new <file>',
    'make a key for an update server; the policy names its public half',
    async (context, options, path = '') => {
      const publicKeyHex = await newSigner(resolve(path), await readPassphrase(options, true));
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
      const signed = { machine, descriptor, counter };
      const report = await signReport(directory, signed, resolve(path), () => readPassphrase(options));
      print(context, { report }, report);
    },
  )
    .requiredOption('--machine <uuid>', 'as the guest finds it in /sys/class/dmi/id/product_uuid')
    .option('--counter <n>', 'higher than any before for this machine; without it, the time', wholeNumber)
    .option('--passphrase-file <file>', 'the key’s passphrase, in a file');
}
