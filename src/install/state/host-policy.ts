import { z } from 'zod';
import { Sha256 } from '../../layer/entry.ts';
import { HostPolicy } from '../../policy/host.ts';
import { isThere, removeFile } from '../../sys/files/files.ts';
import type { HostPlan } from '../plan/plan-host.ts';
import { newestInstalled } from './floor.ts';
import { isDamage, readState, writeState } from './instances.ts';
import { computerPaths } from './layout.ts';

/** What the user consented to. */
const Consent = z.strictObject({ digest: Sha256, policy: HostPolicy, at: z.iso.datetime() });
export type Consent = z.infer<typeof Consent>;

/** `host-policy.json`: the host policy of the newest package that was installed here, if it had one. */
const HostPolicyFile = z.strictObject({
  format: z.literal(1),
  /** Of that package. */
  generation: z.int().min(1),
  consent: Consent.exactOptional(),
});
export type KnownHostPolicy = Pick<z.infer<typeof HostPolicyFile>, 'generation' | 'consent'>;

/** @throws STATE_DAMAGED */
export async function readHostPolicy(state: string): Promise<KnownHostPolicy | undefined> {
  const { hostPolicy } = computerPaths(state);
  return (await isThere(hostPolicy)) ? readState(hostPolicy, HostPolicyFile) : undefined;
}

/**
 * What an installation has to know of it. A damaged file is that of the newest package here, whose user has consented to
 * nothing: an older one changes nothing, and this one asks again.
 */
export async function knownHostPolicy(state: string): Promise<KnownHostPolicy | undefined> {
  try {
    return await readHostPolicy(state);
  } catch (error) {
    if (!isDamage(error)) throw error;
    return { generation: Math.max(1, await newestInstalled(state)) };
  }
}

/** Notes what a package brought, and the consent that was given to it: one file, so the rules are the old ones or the new. */
export async function writeHostPolicy(state: string, host: HostPlan, generation: number, now: number): Promise<void> {
  const { hostPolicy } = computerPaths(state);
  const write = (consent?: Consent) =>
    writeState(hostPolicy, { format: 1, generation, ...(consent === undefined ? {} : { consent }) });
  switch (host.action) {
    case 'older':
      return;
    case 'none':
    case 'drop':
      return write();
    case 'keep':
      return write(host.consent);
    case 'ask':
      return write({ digest: host.digest, policy: host.policy, at: new Date(now).toISOString() });
  }
}

/** With the last machine the consent goes too. */
export async function forgetHostPolicy(state: string): Promise<void> {
  const { hostPolicy, hostNames } = computerPaths(state);
  for (const file of [hostPolicy, hostNames]) await removeFile(file);
}
