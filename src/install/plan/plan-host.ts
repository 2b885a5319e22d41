import { AppError } from '../../lib/errors.ts';
import type { PackageManifest } from '../../package/manifest.ts';
import type { HostPolicy } from '../../policy/host.ts';
import { hostPolicyDigest } from '../../quarantine/host-policy-digest.ts';
import type { Consent, KnownHostPolicy } from '../state/host-policy.ts';

/**
 * What becomes of the computer’s own rules. `older`: a newer package has been installed, this one changes nothing; `none`:
 * there are none, and were none; `keep`: the user has consented to the same; `ask`: he has not; `drop`: the project has them no more.
 */
export type HostPlan =
  | { action: 'older' | 'none' | 'drop' }
  | { action: 'keep'; consent: Consent }
  | { action: 'ask'; digest: string; policy: HostPolicy };

export function planHost(
  { generation, host }: Pick<PackageManifest, 'generation' | 'host'>,
  known: KnownHostPolicy | undefined,
): HostPlan {
  if (known && known.generation > generation) return { action: 'older' };
  const consent = known?.consent;
  if (host === undefined) return { action: consent ? 'drop' : 'none' };
  const digest = hostPolicyDigest(host);
  return consent?.digest === digest ? { action: 'keep', consent } : { action: 'ask', digest, policy: host };
}

/** Rules for the computer itself need its user’s word for exactly these. @throws HOST_CONFIRM */
export function requireConsent({ host }: { host: HostPlan }, consentTo: string | undefined): void {
  if (host.action !== 'ask' || host.digest === consentTo) return;
  const message = `the package restricts what this computer itself may reach, by rules of digest ${host.digest}`;
  throw new AppError('HOST_CONFIRM', message, { details: { digest: host.digest, policy: host.policy } });
}
