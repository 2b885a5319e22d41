import { createHash } from 'node:crypto';
import { canonicalJson } from '../lib/json.ts';
import type { HostPolicy } from '../policy/host.ts';

/** What a user consents to: exactly these rules. SHA-256 of their canonical JSON. */
export function hostPolicyDigest(policy: HostPolicy): string {
  return createHash('sha256').update(canonicalJson(policy)).digest('hex');
}
