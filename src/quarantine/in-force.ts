import { isLookedUp, type Quarantine } from '../policy/quarantine.ts';

/**
 * What an administrator does so that a changed quarantine holds on users’ computers. They look up what the policy that they
 * have says is looked up, so a deploy reaches those alone; all others get it with a package.
 */
export function inForceText(before: Quarantine, after: Quarantine, hasPolicyServer: boolean): string {
  const withPackage = 'users get it with the next package (package create)';
  if (!isLookedUp(after) && !isLookedUp(before)) return withPackage;
  if (!hasPolicyServer)
    return `${withPackage}. No computer can look it up: the project names no policy server (project set --policy-server)`;
  if (!isLookedUp(before)) return `${withPackage}; after that, a deploy puts changes in force`;
  if (!isLookedUp(after)) return 'deploy to put it in force; later changes come only with packages';
  return 'deploy to put it in force';
}
