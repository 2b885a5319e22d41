import { parseDuration } from '../../lib/duration.ts';
import { AppError, type ErrorCode } from '../../lib/errors.ts';
import type { UsersAndGroups } from '../../policy/authentication.ts';
import { type Account, fullName, isListed } from '../../policy/parts/account.ts';
import { type Domain, domainName } from '../../policy/parts/domain.ts';
import { isRight } from '../../trust/verifier.ts';
import { removeState } from '../state/instances.ts';
import { instancePaths } from '../state/layout.ts';
import { type AccountsFile, keptBy, readAccounts, withKept, without, writeAccounts } from './kept-accounts.ts';
import { oneMore, requirePatience } from './wrong-passwords.ts';

/** Asks a domain who signs in. @throws PASSWORD_WRONG, ACCOUNT_*, DOMAIN_*, INTERRUPTED */
export type AskDomain = (
  domain: Domain,
  signIn: { user: string; password: string; groups: readonly string[] },
) => Promise<Account>;

/** Somebody opens a machine by an account of its project’s domain. */
export interface SigningIn {
  state: string;
  vm: string;
  vmId: string;
  /** The domain, and who of it may open the machine: as they were looked up last. */
  domain: Domain;
  list: UsersAndGroups;
  given: { user?: string; password?: string };
  /** In milliseconds: of the system’s own clock, for pauses; and of the one that nobody sets back, for how long without the domain. */
  now: number;
  trustedNow: () => Promise<number>;
  ask: AskDomain;
}

/** Who it was, and since when the domain was not asked, where it did not answer. */
export interface SignedIn {
  name: string;
  /** This computer knows him: he gave no password. */
  isHimself?: true;
  askedAt?: number;
}

/**
 * Lets a machine be opened by who is on its list, or says why not. The domain is asked each time; where it does not answer,
 * what it said last counts for as long as the policy allows.
 * @throws ACCOUNT_NEEDED, ACCOUNT_UNLISTED, PASSWORD_PAUSE, and as AskDomain
 */
export async function openByAccount(signing: SigningIn): Promise<SignedIn> {
  const { vm, domain, given, now } = signing;
  const user = given.user?.trim();
  const password = given.password?.replace(/\r?\n$/, '');
  if (!user || !password)
    throw new AppError('ACCOUNT_NEEDED', `${vm} is opened with a name and password of ${domainName(domain)}`);
  const file = await readAccounts(signing);
  await requirePatience({ vm, wrong: file.wrong, now }, (wrong) => writeAccounts(signing, { ...file, wrong }));
  // Counted before it is looked at: whoever kills the service meanwhile gains no try.
  await writeAccounts(signing, { ...file, wrong: oneMore(file.wrong, now) });
  const guess = { user: fullName(user, domainName(domain)), password };
  const { account, askedAt } = await whoIs(signing, file, guess);
  const { wrong: _wrong, ...known } = file;
  if (!isListed(signing.list, account)) {
    await writeAccounts(signing, without(known, account.sid));
    throw new AppError('ACCOUNT_UNLISTED', `${account.names[0]} is not on the list of those who may open ${vm}`);
  }
  await writeAccounts(signing, askedAt === undefined ? await kept(signing, known, account, guess) : known);
  return { name: account.names[0] ?? account.sid, ...(askedAt === undefined ? {} : { askedAt }) };
}

/** What it keeps of a machine goes: that is opened in another way. */
export function forgetAccounts(state: string, vm: string): Promise<void> {
  return removeState(instancePaths(state, vm).accounts);
}

interface Guess {
  /** With its domain. */
  user: string;
  password: string;
}

async function whoIs(
  signing: SigningIn,
  file: AccountsFile,
  guess: Guess,
): Promise<{ account: Account; askedAt?: number }> {
  const { domain, list, now, ask } = signing;
  try {
    return { account: await ask(domain, { ...guess, groups: list.groups }) };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const isRefused = error.code === 'PASSWORD_WRONG' || error.code.startsWith('ACCOUNT_');
    if (isRefused) {
      const left = await afterRefusal(file, guess, error.code);
      await writeAccounts(signing, { ...left, wrong: oneMore(file.wrong, now) });
      throw error;
    }
    if (error.code === 'DOMAIN_UNREACHABLE') {
      const isTried = await requireKept(signing, file, guess, error).catch(async (failure: unknown) => {
        await writeAccounts(signing, file);
        throw failure;
      });
      if (await isRight(isTried.verifier, guess.password)) return { account: isTried, askedAt: isTried.at };
      throw new AppError('PASSWORD_WRONG', `${domainName(domain)}: no account has this name and password`);
    }
    // Nobody has looked at the guess.
    await writeAccounts(signing, file);
    throw error;
  }
}

/** What the domain refuses is not kept: of a password that it does not take, only where it is the one that is. */
async function afterRefusal(file: AccountsFile, { user, password }: Guess, code: ErrorCode): Promise<AccountsFile> {
  const his = keptBy(file, user);
  if (!his) return file;
  const isGone = code !== 'PASSWORD_WRONG' || (await isRight(his.verifier, password));
  return isGone ? without(file, his.sid) : file;
}

/** What is known of an account without its domain. @throws DOMAIN_UNREACHABLE */
async function requireKept(
  { domain, list, trustedNow }: SigningIn,
  file: AccountsFile,
  { user }: Guess,
  cause: AppError,
) {
  const his = keptBy(file, user);
  const refuse = (why: string) => new AppError('DOMAIN_UNREACHABLE', `${cause.message}; ${why}`, { cause });
  if (list.offline === undefined) throw refuse('the policy lets nobody in without it');
  if (!his) throw refuse(`of ${user} nothing is known here without ${domainName(domain)}`);
  if (!isRecent(list, his, await trustedNow()))
    throw refuse(
      `it was asked last on ${new Date(his.at).toISOString()}, and the policy allows ${list.offline} without`,
    );
  return his;
}

/** Whether what the domain said then counts still where it does not answer. */
export function isRecent({ offline }: UsersAndGroups, { at }: { at: number }, trustedNow: number): boolean {
  const passedMs = trustedNow - at;
  return offline !== undefined && passedMs >= 0 && passedMs <= (parseDuration(offline) ?? 0);
}

async function kept(
  { list, trustedNow }: SigningIn,
  file: AccountsFile,
  account: Account,
  guess: Guess,
): Promise<AccountsFile> {
  if (list.offline === undefined) return without(file, account.sid);
  return withKept(file, account, { ...guess, at: await trustedNow() });
}
