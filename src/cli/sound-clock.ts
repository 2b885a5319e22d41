import { type ClockEvidence, clockDoubt, clockEvidence, serverTimes } from '../manager/signing-clock.ts';
import type { Project } from '../project/open.ts';
import { systemClock } from '../sys/clock.ts';
import { printStep } from './print.ts';
import type { Context } from './program.ts';

export interface ClockOptions {
  clockIsRight?: boolean;
}

export const CLOCK_IS_RIGHT = [
  '--clock-is-right',
  'sign although the clock is far from what the project, its files or a server say',
] as const;

/**
 * The time to sign with. Where something speaks against this computer’s clock, somebody has to say that it is right.
 * @throws CLOCK_CONFIRM, CLOCK_SIGNED_AHEAD
 */
export async function signingTime(context: Context, project: Project, options: ClockOptions): Promise<number> {
  return confirmed(context, await clockEvidence(project, systemClock(), context.signal), options);
}

/** The time to sign new keys with: what former keys signed is no evidence, since new keys are the way back from it. @throws CLOCK_CONFIRM */
export async function timeAgainstServers(context: Context, project: Project, options: ClockOptions): Promise<number> {
  const servers = await serverTimes(project, context.signal);
  const now = systemClock();
  return confirmed(context, { now, released: [now], founded: [], files: [], servers }, options);
}

/** Says what speaks against this computer’s clock, or against a time that was signed; nothing is signed here. */
export async function warnOfClock(context: Context, project: Project): Promise<void> {
  const doubt = clockDoubt(await clockEvidence(project, systemClock(), context.signal));
  if (doubt) printStep(context, `warning: ${doubt.message}\n→ ${doubt.hint}`);
}

async function confirmed(
  { json }: Context,
  evidence: ClockEvidence,
  { clockIsRight = false }: ClockOptions,
): Promise<number> {
  const doubt = clockDoubt(evidence);
  if (!doubt) return evidence.now;
  const canBeConfirmed = doubt.code === 'CLOCK_CONFIRM';
  if (canBeConfirmed && clockIsRight) return evidence.now;
  if (!canBeConfirmed || json || !process.stdin.isTTY) throw doubt;
  const { confirm } = await import('@clack/prompts');
  const isRight = await confirm({ message: `${doubt.message}. Is the clock right?`, initialValue: false });
  if (isRight !== true) throw doubt;
  return evidence.now;
}
