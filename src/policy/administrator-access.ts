import { z } from 'zod';
import type { Encryption } from './encryption.ts';
import type { Problem } from './reading/problem.ts';

/**
 * Whoever knows the administrator’s password may change an installed machine’s hardware (ACE 1.0 p. 229). The policy has what it
 * is held against, never the password: scrypt, with a salt.
 */
export const AdministratorAccess = z.strictObject({
  verifier: z.strictObject({
    /** Of two: 128 × 8 bytes each are filled for one guess. */
    work: z.int().min(15).max(18),
    salt: z.base64().length(44),
    hash: z.base64().length(44),
  }),
});
export type AdministratorAccess = z.infer<typeof AdministratorAccess>;

/** Encrypted machines have none (ACE 1.0 p. 229, fact 39). */
export function checkAdministratorAccess(policy: {
  administratorAccess?: AdministratorAccess;
  encryption?: Encryption;
}): Problem[] {
  const isRefused = policy.administratorAccess !== undefined && policy.encryption?.disks === true;
  return isRefused ? [{ path: ['administratorAccess'], message: 'is not for machines whose disks are encrypted' }] : [];
}
