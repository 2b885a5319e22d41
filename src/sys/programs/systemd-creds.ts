import { mayUse } from '../files/files.ts';
import { hasProgram, run } from './exec.ts';

const TPM = '/dev/tpmrm0';
const NAME = '--name=lazaret-seal';
/**
 * A register that nothing measures into: what is wrapped is bound to the TPM, and no update of firmware or boot loader changes
 * that. None at all is wrapped by systemd 252, and not unwrapped again.
 */
const REGISTER = '--tpm2-pcrs=23';

/** The TPM 2.0 of this computer that this user may ask, where there is one, and a program to ask it. */
export function presentTpm(): string | undefined {
  return mayUse(TPM) && hasProgram('systemd-creds') ? TPM : undefined;
}

/** A text as only this TPM gives it back. @throws PROGRAM_* */
export async function wrapByTpm(text: string, device: string): Promise<string> {
  const args = ['encrypt', NAME, '--with-key=tpm2', REGISTER, `--tpm2-device=${device}`, '-', '-'];
  return (await run('systemd-creds', args, { input: text })).stdout;
}

/** @throws PROGRAM_*; PROGRAM_FAILED where another TPM wrapped it, or it was changed */
export async function unwrapByTpm(wrapped: string, device: string): Promise<string> {
  const args = ['decrypt', NAME, `--tpm2-device=${device}`, '-', '-'];
  return (await run('systemd-creds', args, { input: wrapped })).stdout;
}
