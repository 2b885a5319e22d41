import { AppError } from '../lib/errors.ts';
import { directoryAddress } from './directory-address.ts';
import type { DirectoryLogin } from './directory-client.ts';
import { directorySource } from './directory-source.ts';
import type { Asking, ServerKind } from './kind.ts';
import { putInDirectory } from './put-in-directory.ts';
import { watchDirectory } from './watch-directory.ts';

/** A place in Active Directory or another directory. */
export const directory: ServerKind = {
  form: 'ldaps://HOST/DN',
  needsAccount: true,
  isPutUnasked: true,
  owns: (address) => directoryAddress(address) !== undefined,
  source: (address, asking) => directorySource(login(address, asking)),
  watch: (address, than, asking) => watchDirectory(login(address, asking), than),
  put: (publication, address, asking, onFile) => putInDirectory(publication, login(address, asking), onFile),
  reaches: (address) => placeAt(address),
};

function login(address: string, { account, signal }: Asking): DirectoryLogin {
  if (!account) throw new AppError('STORE_ACCOUNT', 'there is no account for directories');
  return { address: placeAt(address), account, signal };
}

function placeAt(address: string) {
  const place = directoryAddress(address);
  if (!place) throw new AppError('USAGE', `${address} names no place in a directory`);
  return place;
}
