import { AppError } from '../../lib/errors.ts';
import type { PackedMachine } from '../../package/manifest.ts';
import { openingScriptOf } from '../../policy/authentication.ts';
import { encrypts } from '../state/machine/locked.ts';
import type { InstalledMachine } from './plan.ts';

/** What a package may not make of encrypted disks, or of those that are to be: nobody could bring them into their other form. */
export function encryptionRefusal(
  { name, policy: { policy } }: PackedMachine,
  { standsOnSnapshots, locked, damage }: InstalledMachine,
): AppError | undefined {
  const details = { vm: name };
  if (locked?.script !== undefined && locked.script !== openingScriptOf(policy)) {
    const what = `the disks of ${name} are opened here by what its script writes, and this package brings another script, or none: one with the same, and that does not encrypt, comes first, and one start under that`;
    return new AppError('VM_UNSUPPORTED', what, { details });
  }
  if (locked?.hasKey && policy.authentication?.type === 'users-and-groups') {
    const what = `the disks of ${name} are opened by a password here, which its accounts are not asked for: a package that asks for the password, and does not encrypt, comes first, and one start under that`;
    return new AppError('VM_UNSUPPORTED', what, { details });
  }
  const isToBe = encrypts(policy);
  if (!standsOnSnapshots || damage || (locked !== undefined) === isToBe) return undefined;
  const what = `${name} has snapshots, and this package ${isToBe ? 'encrypts its disks' : 'has its disks in clear again'}`;
  return new AppError('SNAPSHOT_ENCRYPTED', what, { details });
}
