import type { AppError } from '../../lib/errors.ts';
import type { Signer, VouchForClock } from '../../manager/signing.ts';
import type { Context } from '../program.ts';
import { printStep } from '../terminal/print.ts';
import { type PassphraseOptions, readPassphrase } from './passphrase.ts';

interface ClockOptions {
  clockIsRight?: boolean;
}

/** What the command line says for whoever signs. */
export interface SignOptions extends PassphraseOptions, ClockOptions {}

export const CLOCK_IS_RIGHT = [
  '--clock-is-right',
  'sign although the clock is far from what the project, its files or a server say',
] as const;

/** Whoever signs: options, files and the environment speak for him, else the person at the terminal is asked. */
export function signerBy(context: Context, options: SignOptions): Signer {
  return { vouchForClock: vouchForClock(context, options), passphrase: () => readPassphrase(options) };
}

function vouchForClock({ json }: Context, { clockIsRight = false }: ClockOptions): VouchForClock {
  return async ({ message }) => {
    if (clockIsRight) return true;
    if (json || !process.stdin.isTTY) return false;
    const { confirm } = await import('@clack/prompts');
    return (await confirm({ message: `${message}. Is the clock right?`, initialValue: false })) === true;
  };
}

/** Says what speaks against this computer’s clock, where anything does. */
export function printDoubt(context: Context, doubt: AppError | undefined): void {
  if (doubt) printStep(context, `warning: ${doubt.message}\n→ ${doubt.hint}`);
}
