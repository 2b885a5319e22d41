import { z } from 'zod';
import type { Account } from '../../policy/parts/account.ts';
import { isThere } from '../../sys/files/files.ts';
import { isRight, makeVerifier, Verifier } from '../../trust/verifier.ts';
import { readSealed, writeSealed } from '../seals/sealed.ts';
import { isDamage } from '../state/instances.ts';
import { instancePaths } from '../state/layout.ts';
import { WrongPasswords } from './wrong-passwords.ts';

/** So many users of a machine are known without the domain: those who came last. */
const MOST_ACCOUNTS = 50;
const Names = z.array(z.string().max(1000)).max(20_000);

/** An account, as the domain described it last. */
const KeptAccount = z.strictObject({
  sid: z.string().max(256),
  names: Names,
  groups: Names,
  groupNames: Names,
  /** What the password that it had then is held against. */
  verifier: Verifier,
  /** When that was, in milliseconds of a clock that nobody sets back. */
  at: z.number().min(0),
});
export type KeptAccount = z.infer<typeof KeptAccount>;

/** An account whose owner this computer knows by his number, as the domain described it last. */
const KeptOwn = KeptAccount.omit({ verifier: true }).extend({ uid: z.int().min(1) });
type KeptOwn = z.infer<typeof KeptOwn>;

/** `accounts.json`, sealed: who opened the machine, and the wrong passwords since somebody did. */
const AccountsFile = z.strictObject({
  accounts: z.array(KeptAccount).max(MOST_ACCOUNTS),
  /** Those for whom this computer vouches: no password was looked at. */
  own: z.array(KeptOwn).max(MOST_ACCOUNTS).exactOptional(),
  wrong: WrongPasswords.exactOptional(),
});
export type AccountsFile = z.infer<typeof AccountsFile>;

interface Place {
  state: string;
  vm: string;
  vmId: string;
}

/** What is damaged, or of another computer, lets nobody in: the domain is asked, as on the first day. */
export async function readAccounts({ state, vm, vmId }: Place): Promise<AccountsFile> {
  const { accounts: path } = instancePaths(state, vm);
  if (!(await isThere(path))) return { accounts: [] };
  try {
    return await readSealed(state, path, `accounts ${vmId}`, AccountsFile);
  } catch (error) {
    if (isDamage(error)) return { accounts: [] };
    throw error;
  }
}

export async function writeAccounts({ state, vm, vmId }: Place, file: AccountsFile): Promise<void> {
  await writeSealed(state, instancePaths(state, vm).accounts, `accounts ${vmId}`, file);
}

/** The account that is kept under a name, however its letters were written. */
export function keptBy({ accounts }: AccountsFile, name: string): KeptAccount | undefined {
  const wanted = name.toLowerCase();
  return accounts.find(({ names }) => names.some((each) => each.toLowerCase() === wanted));
}

/** The account of a user of this computer, which is still the one that he has. */
export function keptOwn({ own = [] }: AccountsFile, uid: number, sid: string): KeptOwn | undefined {
  return own.find((each) => each.uid === uid && each.sid === sid);
}

export function without(file: AccountsFile, sid: string): AccountsFile {
  const isOther = (account: { sid: string }) => account.sid !== sid;
  const own = (file.own ?? []).filter(isOther);
  const { own: _own, ...rest } = file;
  return { ...rest, accounts: file.accounts.filter(isOther), ...(own.length > 0 ? { own } : {}) };
}

/** With what the domain has just said to this computer. What is known of his password is not made newer by it. */
export function withOwn(
  file: AccountsFile,
  { sid, names, groups, groupNames }: Account,
  { uid, at }: { uid: number; at: number },
): AccountsFile {
  const others = (file.own ?? []).filter((each) => each.sid !== sid && each.uid !== uid);
  const own = { sid, names: [...names], groups: [...groups], groupNames: [...groupNames], uid, at };
  return { ...file, own: [...others, own].slice(-MOST_ACCOUNTS) };
}

/** With what the domain has just said; the name that was typed is one of his. */
export async function withKept(
  file: AccountsFile,
  { sid, names, groups, groupNames }: Account,
  { user, password, at }: { user: string; password: string; at: number },
): Promise<AccountsFile> {
  const before = file.accounts.find((account) => account.sid === sid)?.verifier;
  // One that is right stays: it costs less to look at than to make.
  const verifier = before && (await isRight(before, password)) ? before : await makeVerifier(password);
  const account = {
    ...{ sid, names: [...new Set([...names, user])], groups: [...groups], groupNames: [...groupNames] },
    ...{ verifier, at },
  };
  const others = file.accounts.filter((each) => each.sid !== sid);
  return { ...file, accounts: [...others, account].slice(-MOST_ACCOUNTS) };
}
