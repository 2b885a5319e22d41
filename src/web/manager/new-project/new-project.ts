import { passphraseProblem } from '../../../lib/passphrase.ts';

/** What a project begins with, as it is typed. */
export interface NewProjectFields {
  name: string;
  policyServer: string;
  packageServer: string;
  passphrase: string;
  again: string;
}

export const EMPTY: NewProjectFields = { name: '', policyServer: '', packageServer: '', passphrase: '', again: '' };

/** What is not there yet, or is not as it has to be. */
export function missingOf({ name, passphrase, again }: NewProjectFields): ('name' | 'passphrase' | 'again')[] {
  return [
    ...(name.trim() === '' ? (['name'] as const) : []),
    ...(passphraseProblem(passphrase) === undefined ? [] : (['passphrase'] as const)),
    ...(passphrase === again ? [] : (['again'] as const)),
  ];
}

export function requestOf({ name, policyServer, packageServer, passphrase }: NewProjectFields) {
  const servers = { policyServer: policyServer.trim(), packageServer: packageServer.trim() };
  return {
    ...{ name: name.trim(), passphrase },
    ...(servers.policyServer === '' ? {} : { policyServer: servers.policyServer }),
    ...(servers.packageServer === '' ? {} : { packageServer: servers.packageServer }),
  };
}
