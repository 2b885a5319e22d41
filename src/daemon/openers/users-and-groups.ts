import { type AskDomain, forgetAccounts, openByAccount } from '../../install/opening/accounts.ts';
import { type AskComputer, openAsHimself } from '../../install/opening/own-account.ts';
import type { Secrets } from '../../install/opening/password.ts';
import { ROOT } from '../../install/state/machine/owner.ts';
import { parseDuration } from '../../lib/duration.ts';
import { AppError } from '../../lib/errors.ts';
import { listInForce, type UsersAndGroups } from '../../policy/authentication.ts';
import type { Domain } from '../../policy/parts/domain.ts';
import type { Attempt } from './opener.ts';

/** A machine is opened by accounts of the project’s domain that are on its list (ACE 1.0 p. 83). */
export const usersAndGroups = { open, forget: forgetAccounts };

async function open(attempt: Attempt<'users-and-groups'>): Promise<void> {
  const { state, vm, document, secrets, now, signal, events, accounts } = attempt;
  const { list, domain } = await newestList(attempt);
  const about = { state, vm, vmId: document.vmId, list, domain, now, trustedNow: () => accounts.trustedNow(vm) };
  const himself = isNothing(secrets) ? await openAsHimself({ ...about, ...selfOf(attempt) }) : undefined;
  const ask: AskDomain = (of, signIn) => accounts.askDomain(of, { ...signIn, signal });
  const { name, askedAt, isHimself } = himself ?? (await openByAccount({ ...about, given: secrets, ask }));
  const how = isHimself ? ', as who he is on this computer' : '';
  const without = askedAt === undefined ? '' : `, as its domain said on ${new Date(askedAt).toISOString()}`;
  await events.add({ vm, kind: 'opened', text: `${name} opens it${how}${without}`, details: { by: name } });
}

/** Who gives a name or a password is asked for both, whoever he is on this computer. */
function isNothing({ user, password }: Secrets): boolean {
  return user === undefined && password === undefined;
}

/** Who asks, as the socket says: who came by the group’s own says not who he is, and root is everybody. */
function selfOf({ asker, accounts, signal }: Attempt<'users-and-groups'>): {
  uid: number | undefined;
  ask: AskComputer;
} {
  const uid = asker === 'anybody' || asker === ROOT ? undefined : asker;
  return { uid, ask: (of, self) => accounts.askComputer(of, { ...self, signal }) };
}

/**
 * The list as it is on the policy server now. Where that does not answer, the last one counts for as long as a machine may be
 * opened without its domain: somebody who was taken off it does not stay on it by keeping the server away.
 * @throws DOMAIN_UNSET, and as a look-up
 */
async function newestList({
  vm,
  document,
  authentication,
  signal,
  accounts,
}: Attempt<'users-and-groups'>): Promise<{ list: UsersAndGroups; domain: Domain }> {
  const { policy, failure } = await accounts.lookUp(vm, signal);
  const list = listInForce(authentication, policy.document.policy.authentication);
  if (failure !== undefined) {
    const { lookedUpAt = Number.NEGATIVE_INFINITY } = policy;
    const offlineMs = list.offline === undefined ? 0 : (parseDuration(list.offline) ?? 0);
    if ((await accounts.trustedNow(vm)) - lookedUpAt > offlineMs) throw failure;
  }
  const domain = policy.document.domain ?? document.domain;
  if (domain === undefined) throw new AppError('DOMAIN_UNSET', `the policy of ${vm} names no domain`);
  return { list, domain };
}
