import type { Command } from 'commander';
import { z } from 'zod';
import { AppError } from '../../lib/errors.ts';
import { readCapped } from '../../sys/files/files.ts';
import { isFailure } from '../service.ts';
import { readPackagePassphrase } from './passphrase.ts';

const MAX_BYTES = 64 << 10;
const IDENTITY = /^AGE-SECRET-KEY-1\S+$/m;

export interface PackageSecretOptions {
  passphraseFile?: string;
  identity?: string;
}

export function addPackageSecretOptions(command: Command): Command {
  return command
    .option('--passphrase-file <file>', 'where the package is encrypted: read its passphrase from this file')
    .option('--identity <file>', 'where it is encrypted for recipients: the file of your age identity');
}

/** What opens an encrypted package, where it was given. @throws USAGE (no identity in the file), FILE_* */
export async function packageSecret({
  passphraseFile: path,
  identity,
}: PackageSecretOptions): Promise<{ secret?: string }> {
  if (path !== undefined) return { secret: await readPackagePassphrase(path, '--passphrase-file') };
  if (identity === undefined) return {};
  const [secret] = IDENTITY.exec((await readCapped(identity, MAX_BYTES)).toString('utf8')) ?? [];
  if (secret === undefined) throw new AppError('USAGE', `${identity} holds no identity of age: AGE-SECRET-KEY-1…`);
  return { secret };
}

/** The passphrase, where a failure asks for it and somebody is there to type it. @throws INTERRUPTED */
export async function askedPackageSecret(error: unknown): Promise<{ secret: string } | undefined> {
  if (!isFailure(error) || error.code !== 'PACKAGE_LOCKED' || !process.stdin.isTTY) return undefined;
  const { asks } = z.object({ asks: z.string().optional() }).parse(error.details);
  return asks === 'passphrase' ? { secret: await readPackagePassphrase(undefined, '--passphrase-file') } : undefined;
}
