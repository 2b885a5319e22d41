import { AppError } from '../../lib/errors.ts';
import type { Asking, ServerKind } from '../kind.ts';
import { directoryAddress } from './directory-address.ts';
import type { DirectoryLogin } from './directory-client.ts';
import { directorySource } from './directory-source.ts';

/** A place in Active Directory or another directory. What speaks LDAP is loaded when it is asked: every command knows kinds. */
export const directory: ServerKind = {
  form: 'ldaps://HOST/DN',
  needsAccount: true,
  isPutUnasked: true,
  owns: (address) => directoryAddress(address) !== undefined,
  source: (address, asking) => directorySource(login(address, asking)),
  async watch(address, than, asking) {
    const { watchDirectory } = await import('./watch-directory.ts');
    return await watchDirectory(login(address, asking), than);
  },
  async put(publication, address, asking, onFile) {
    const { putInDirectory } = await import('./put-in-directory.ts');
    await putInDirectory(publication, login(address, asking), onFile);
  },
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
