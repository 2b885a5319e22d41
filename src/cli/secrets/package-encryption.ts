import type { Command } from 'commander';
import { AppError } from '../../lib/errors.ts';
import { type EncryptTo, recipientsIn } from '../../package/encrypted/recipients.ts';
import { readCapped } from '../../sys/files/files.ts';
import { readPackagePassphrase } from './passphrase.ts';

const MAX_BYTES = 64 << 10;
const PASSPHRASE = 'passphrase';

export interface EncryptOptions {
  encryptTo?: string[];
  packagePassphraseFile?: string;
}

export function addEncryptOptions(command: Command): Command {
  const whom = `whom alone the package is for: “${PASSPHRASE}” for who knows one, or age1…, or a file of such recipients`;
  return command
    .option('--encrypt-to <whom...>', whom)
    .option('--package-passphrase-file <file>', `with --encrypt-to ${PASSPHRASE}: read it from this file`);
}

/** Whom a package is for: who knows a passphrase, which is never an argument, or recipients of age. @throws USAGE, FILE_*, INTERRUPTED */
export async function encryptToOf({
  encryptTo: whom,
  packagePassphraseFile: path,
}: EncryptOptions): Promise<{ encryptTo?: EncryptTo }> {
  if (!whom) {
    if (path === undefined) return {};
    throw new AppError('USAGE', `--package-passphrase-file goes with --encrypt-to ${PASSPHRASE}`);
  }
  if (!whom.includes(PASSPHRASE)) {
    const recipients = await Promise.all(whom.map(recipientsOf));
    return { encryptTo: { recipients: recipients.flat() } };
  }
  if (whom.length > 1) throw new AppError('USAGE', 'a package is for a passphrase or for recipients, not for both');
  return { encryptTo: { passphrase: await readPackagePassphrase(path, '--package-passphrase-file', true) } };
}

async function recipientsOf(whom: string): Promise<string[]> {
  return whom.startsWith('age1') ? [whom] : recipientsIn((await readCapped(whom, MAX_BYTES)).toString('utf8'));
}
