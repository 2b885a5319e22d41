import type { Signer } from '../signing.ts';

/** A signer who has said beforehand what he would be asked. */
export function signerSaying({ passphrase, clockIsRight }: { passphrase: string; clockIsRight: boolean }): Signer {
  return { passphrase: async () => passphrase, vouchForClock: async () => clockIsRight };
}
