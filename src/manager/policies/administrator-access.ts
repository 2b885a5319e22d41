import { AppError } from '../../lib/errors.ts';
import { passphraseProblem } from '../../lib/passphrase.ts';
import type { AdministratorAccess } from '../../policy/administrator-access.ts';
import { makeVerifier, meant } from '../../trust/verifier.ts';

/**
 * The policy that lets an administrator in with this password. What it is held against is published with the policy, where it can
 * be guessed at, so that it has to be as good as one for keys. @throws USAGE
 */
export async function newAdministratorAccess(password: string): Promise<AdministratorAccess> {
  const problem = passphraseProblem(password);
  if (problem !== undefined) throw new AppError('USAGE', problem);
  return { verifier: await makeVerifier(meant(password)) };
}
