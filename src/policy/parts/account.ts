import type { UsersAndGroups } from '../authentication.ts';

/** A user, and what a directory said of him. */
export interface Account {
  /** His security identifier, as text: `S-1-5-…`. */
  sid: string;
  /** What he is called, the way to show it first: `alice@acme.example`, `alice`. */
  names: readonly string[];
  /** The identifiers of his groups, those in which he is through others too. */
  groups: readonly string[];
  /** Those of the groups that were asked for by name in which he is. */
  groupNames: readonly string[];
}

/** Whether a user is on the list, or one of his groups. */
export function isListed({ users, groups }: Pick<UsersAndGroups, 'users' | 'groups'>, account: Account): boolean {
  const himself = lowered([account.sid, ...account.names]);
  const his = lowered([...account.groups, ...account.groupNames]);
  return lowered(users).some((user) => himself.includes(user)) || lowered(groups).some((group) => his.includes(group));
}

/** Whether an entry of a list is an identifier, which nobody has to look up. */
export function isIdentifier(entry: string): boolean {
  return /^S-1-\d+(-\d+)+$/i.test(entry);
}

/** A name as it is known outside of its domain: what was typed without one is of `domain`. */
export function fullName(typed: string, domain: string): string {
  const name = typed.trim().normalize('NFC');
  return /[@\\=]/.test(name) ? name : `${name}@${domain}`;
}

function lowered(entries: readonly string[]): string[] {
  return entries.map((entry) => entry.toLowerCase());
}
