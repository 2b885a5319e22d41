import type { AppError } from '../lib/errors.ts';
import { keyPath } from '../project/layout.ts';
import type { Project } from '../project/open.ts';
import { systemClock } from '../sys/clock.ts';
import { openKeyFile, type SigningKey } from '../trust/sign/keys.ts';
import { type ClockEvidence, clockDoubt, clockEvidence, serverTimes } from './signing-clock.ts';

/** Says whether this computer’s clock is right although something speaks against it. */
export type VouchForClock = (doubt: AppError) => Promise<boolean>;

/** What whoever signs is asked for. */
export interface Signer {
  vouchForClock: VouchForClock;
  /** Of the project’s keys; asked for once the time is known to be right. */
  passphrase: () => Promise<string>;
}

/** The key of a role and the time to sign with. @throws CLOCK_CONFIRM, CLOCK_SIGNED_AHEAD, KEY_*, and what the signer throws */
export async function openSigning(
  project: Project,
  role: 'release' | 'policy',
  { vouchForClock, passphrase }: Signer,
  signal: AbortSignal,
): Promise<{ key: SigningKey; now: number }> {
  const now = await vouched(await clockEvidence(project, systemClock(), signal), vouchForClock);
  return { key: await openKeyFile(keyPath(project.folder, role), await passphrase()), now };
}

/** The time to sign new keys with: what former keys signed is no evidence, since new keys are the way back from it. @throws CLOCK_CONFIRM */
export async function timeAgainstServers(project: Project, vouch: VouchForClock, signal: AbortSignal): Promise<number> {
  const servers = await serverTimes(project, signal);
  const now = systemClock();
  return vouched({ now, released: [now], founded: [], files: [], servers }, vouch);
}

/** What speaks against this computer’s clock, or against a time that was signed; nothing is signed here. */
export async function doubtOfClock(project: Project, signal: AbortSignal): Promise<AppError | undefined> {
  return clockDoubt(await clockEvidence(project, systemClock(), signal));
}

async function vouched(evidence: ClockEvidence, vouch: VouchForClock): Promise<number> {
  const doubt = clockDoubt(evidence);
  if (doubt && !(doubt.code === 'CLOCK_CONFIRM' && (await vouch(doubt)))) throw doubt;
  return evidence.now;
}
