import { Attribute, Change, type Client } from 'ldapts';
import { directoryAddress } from '../src/servers/directory/directory-address.ts';
import { DirectoryClient } from '../src/servers/directory/directory-client.ts';
import type { DomainController } from './domain-controller.ts';
import { SUFFIX } from './domain-tree.ts';

/** Groups of security that may have members of the whole domain; any other type is one for mail alone. */
const SECURITY_GROUP = '-2147483646';
const ENABLED_USER = '512';
const DISABLED_USER = '514';

/** Where a user or a group is. */
export const at = (name: string) => `CN=${name},CN=Users,${SUFFIX}`;

/** Does something as the domain’s administrator, by LDAPS: a start of samba-tool takes a second of a processor. */
async function asAdministrator(controller: DomainController, work: (ldap: Client) => Promise<unknown>): Promise<void> {
  const address = directoryAddress(controller.ldaps);
  if (!address) throw new Error(`no address of a directory: ${controller.ldaps}`);
  await using directory = await DirectoryClient.open({ address, account: controller.admin });
  await directory.ask('changing the domain', 1 << 20, work);
}

export const addUser = (controller: DomainController, name: string, password: string) =>
  asAdministrator(controller, (ldap) =>
    ldap.add(at(name), [
      new Attribute({ type: 'objectClass', values: ['user'] }),
      new Attribute({ type: 'sAMAccountName', values: [name] }),
      new Attribute({ type: 'userPrincipalName', values: [`${name}@lazaret.test`] }),
      new Attribute({ type: 'userAccountControl', values: [ENABLED_USER] }),
      new Attribute({ type: 'unicodePwd', values: [Buffer.from(`"${password}"`, 'utf16le')] }),
    ]),
  );

/** A group of users and groups, by their names, as an object to add. */
export const groupOf = (name: string, members: string[] = [], groupType = SECURITY_GROUP) => ({
  ...{ dn: at(name), objectClass: 'group', sAMAccountName: name, groupType },
  ...(members.length > 0 ? { member: members.map(at) } : {}),
});

export function addGroup(controller: DomainController, ...group: Parameters<typeof groupOf>): Promise<void> {
  const { dn, ...attributes } = groupOf(...group);
  return asAdministrator(controller, (ldap) => ldap.add(dn, attributes));
}

export const addMember = (controller: DomainController, group: string, member: string) =>
  modify(controller, at(group), 'add', 'member', at(member));

export const removeMember = (controller: DomainController, group: string, member: string) =>
  modify(controller, at(group), 'delete', 'member', at(member));

/** Sets an attribute of a user. */
export const set = (controller: DomainController, user: string, type: string, value: string | Buffer) =>
  modify(controller, at(user), 'replace', type, value);

export const disable = (controller: DomainController, user: string) =>
  set(controller, user, 'userAccountControl', DISABLED_USER);

/** After how many wrong passwords an account of the domain is locked. */
export const lockAfter = (controller: DomainController, guesses: number) =>
  modify(controller, SUFFIX, 'replace', 'lockoutThreshold', `${guesses}`);

function modify(
  controller: DomainController,
  dn: string,
  operation: 'add' | 'delete' | 'replace',
  type: string,
  value: string | Buffer,
): Promise<void> {
  const modification = new Attribute({ type, values: [value] as string[] | Buffer[] });
  return asAdministrator(controller, (ldap) => ldap.modify(dn, new Change({ operation, modification })));
}
