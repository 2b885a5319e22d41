import type { Authentication, UsersAndGroups } from '../authentication.ts';

/** What an administrator may change of an authentication; what is absent stays as it is. */
export interface AuthenticationChange {
  none?: boolean;
  password?: boolean;
  usersAndGroups?: boolean;
  minimumLength?: number | boolean;
  contents?: string[] | boolean;
  addUser?: string[];
  removeUser?: string[];
  addGroup?: string[];
  removeGroup?: string[];
  /** False: its domain has to answer at every opening. */
  offline?: string | boolean;
  /** The file of a script that opens it. */
  script?: string;
  argument?: string[];
  timeout?: string;
  network?: boolean;
  message?: string | boolean;
}

/**
 * An authentication with some settings changed, still to be parsed: a setting that its type has not is left in, so that the schema
 * refuses it. Another type begins anew.
 */
export function changeAuthentication(before: Authentication | undefined, change: AuthenticationChange): unknown {
  const { none, password, usersAndGroups, minimumLength, contents, offline, script } = change;
  const type = none
    ? 'none'
    : password
      ? 'password'
      : usersAndGroups
        ? 'users-and-groups'
        : script
          ? 'script'
          : before?.type;
  const present = before !== undefined && before.type === type ? before : { type: type ?? 'none' };
  const settings = {
    ...present,
    ...listsIn(present, change),
    ...given({ minimumLength, contents, offline }),
    ...scriptIn(change),
  };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== false));
}

function scriptIn({ script: file, argument, timeout, network, message }: AuthenticationChange): object {
  return given({ file, arguments: argument, timeout, network, message });
}

function listsIn(present: object, { addUser, removeUser, addGroup, removeGroup }: AuthenticationChange): object {
  const { users = [], groups = [] }: Partial<UsersAndGroups> = present;
  const isChanged = (add?: string[], remove?: string[]) => add !== undefined || remove !== undefined;
  return {
    ...(isChanged(addUser, removeUser) ? { users: changed(users, addUser, removeUser) } : {}),
    ...(isChanged(addGroup, removeGroup) ? { groups: changed(groups, addGroup, removeGroup) } : {}),
  };
}

/** Names are compared as a directory does, without regard to letter case. */
function changed(before: readonly string[], add: readonly string[] = [], remove: readonly string[] = []): string[] {
  const gone = new Set([...remove, ...add].map((entry) => entry.toLowerCase()));
  return [...before.filter((entry) => !gone.has(entry.toLowerCase())), ...add];
}

function given(settings: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

/** An authentication in one line, for people. */
export function authenticationText(authentication: Authentication): string {
  switch (authentication.type) {
    case 'none':
      return 'by anybody who may use it';
    case 'password':
      return 'by a password';
    case 'users-and-groups': {
      const { users, groups, offline } = authentication;
      const who = `${count(users.length, 'user')} and ${count(groups.length, 'group')}`;
      return `by ${who} of the domain, ${offline === undefined ? 'which is asked each time' : `${offline} without it`}`;
    }
    case 'script':
      return `by the script ${authentication.file}`;
  }
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
