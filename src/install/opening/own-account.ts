import { AppError } from '../../lib/errors.ts';
import { type Account, isListed } from '../../policy/parts/account.ts';
import type { Domain } from '../../policy/parts/domain.ts';
import { isRecent, type SignedIn, type SigningIn } from './accounts.ts';
import { type AccountsFile, keptOwn, readAccounts, withOwn, without, writeAccounts } from './kept-accounts.ts';

/** Asks this computer who one of its users is in a domain: nothing where it has not joined that, or he is not of it. */
export type AskComputer = (
  domain: Domain,
  self: { uid: number; groups: readonly string[] },
) => Promise<{ sid: string; account?: Account } | undefined>;

interface Himself extends Omit<SigningIn, 'given' | 'ask'> {
  /** By whose own socket the request came. */
  uid: number | undefined;
  ask: AskComputer;
}

/**
 * Lets a machine be opened by who asks, where this computer has joined the domain and knows him as one of it: he has signed in to
 * the computer already. Where the domain does not answer the computer, what it said of him last counts for as long as the policy allows.
 * Nothing where the computer cannot vouch for him: then he is asked for name and password.
 * @throws ACCOUNT_UNLISTED, and as AskComputer
 */
export async function openAsHimself(opening: Himself): Promise<SignedIn | undefined> {
  const { vm, domain, list, uid, ask, trustedNow } = opening;
  if (uid === undefined) return undefined;
  const known = await ask(domain, { uid, groups: list.groups });
  if (!known) return undefined;
  const file = await readAccounts(opening);
  const now = await trustedNow();
  const kept = keptOwn(file, uid, known.sid);
  const account = known.account ?? (kept && isRecent(list, kept, now) ? kept : undefined);
  if (!account) return undefined;
  const name = account.names[0] ?? account.sid;
  if (!isListed(list, account)) {
    await writeAccounts(opening, without(file, account.sid));
    throw new AppError('ACCOUNT_UNLISTED', `${name} is not on the list of those who may open ${vm}`);
  }
  if (!known.account) return { name, isHimself: true, ...(kept ? { askedAt: kept.at } : {}) };
  await keep(opening, file, known.account, { uid, at: now });
  return { name, isHimself: true };
}

async function keep(opening: Himself, file: AccountsFile, account: Account, as: { uid: number; at: number }) {
  if (opening.list.offline !== undefined) return writeAccounts(opening, withOwn(file, account, as));
  if (keptOwn(file, as.uid, account.sid)) await writeAccounts(opening, without(file, account.sid));
}
