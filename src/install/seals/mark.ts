import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../lib/errors.ts';
import { removeFile } from '../../sys/files/files.ts';
import { isDamage } from '../state/instances.ts';
import { computerPaths } from '../state/layout.ts';
import { readSealed, writeSealed } from './sealed.ts';
import { forgetTpmTime, readTpmTime, tellTpmTime } from './tpm-time.ts';

/** The highest time that was seen for a machine, in milliseconds since 1970. */
const Mark = z.strictObject({
  at: z.number().min(0),
  /** The computer’s TPM was told a time too: without that it cannot be told whether this one is the highest. */
  inTpm: z.literal(true).exactOptional(),
});

/**
 * It lies outside the state folder, so that an older one that is put back does not bring an older time; and in the TPM, so that an
 * older disk does not, where there is one. @throws STATE_DAMAGED, PROGRAM_TIMEOUT
 */
export async function readMark(state: string, vmId: string, tpm?: string): Promise<number> {
  const { at, inTpm } = await readSealed(state, markPath(state, vmId), `mark ${vmId}`, Mark, tpm);
  const time = await readTpmTime({ state, vmId, tpm }).catch((error: unknown) => {
    // One that does not answer is as none, as long as nothing was told to it.
    if (inTpm || !isDamage(error)) throw error;
  });
  if (!inTpm || time !== undefined) return Math.max(at, time ?? 0);
  const message =
    'the highest time that was seen is not in this computer’s TPM any more, or tpm2-tools are not installed';
  throw new AppError('STATE_DAMAGED', message, { details: { vmId } });
}

/** Also lower than it was: an installation counts from the time that it brings. */
export async function writeMark(state: string, vmId: string, at: number, tpm?: string): Promise<void> {
  const inTpm = await tellTpmTime({ state, vmId, tpm }, at);
  await writeSealed(state, markPath(state, vmId), `mark ${vmId}`, { at, ...(inTpm ? { inTpm } : {}) }, tpm);
}

/** In place of a mark that is lost: never an earlier time than the TPM has. */
export async function mendMark(state: string, vmId: string, now: number, tpm?: string): Promise<void> {
  const time = await readTpmTime({ state, vmId, tpm }).catch((error: unknown) => {
    if (!isDamage(error)) throw error;
  });
  await writeMark(state, vmId, Math.max(now, time ?? 0), tpm);
}

export async function removeMark(state: string, vmId: string, tpm?: string): Promise<void> {
  await forgetTpmTime({ state, vmId, tpm });
  await removeFile(markPath(state, vmId));
}

function markPath(state: string, vmId: string): string {
  return join(computerPaths(state).seal, `${vmId}.json`);
}
