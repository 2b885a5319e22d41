import { type AgeIdentity, ageIdentityFrom, ageRecipientOf } from '../../sys/secrets/age-stream.ts';

/** What opens the saved memory of a machine whose disks are encrypted: who opens its disks has it, and nothing else. */
export function memoryIdentity(diskKey: string): Promise<AgeIdentity> {
  return ageIdentityFrom(diskKey, 'lazaret: memory of a suspended machine');
}

/**
 * Whom the memory of such a machine is encrypted for. It reads nothing, so a service may know it as long as the machine runs; it is on no
 * disk all the same: who does not know it cannot make a memory that the machine would go on with.
 */
export async function memoryRecipient(diskKey: string): Promise<string> {
  return ageRecipientOf(await memoryIdentity(diskKey));
}
