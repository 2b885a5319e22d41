import { hkdfSync } from 'node:crypto';
import { join } from 'node:path';
import { AppError } from '../../lib/errors.ts';
import {
  readTpmPlace,
  removeTpmPlace,
  type TpmPlace,
  tpmWithPlaces,
  writeTpmPlace,
} from '../../sys/programs/tpm-place.ts';
import { knownSealKey, sealKey } from './seal-key.ts';

/** A TPM is written so often in its whole life: a hundred thousand times at the least. Every two hours that is 22 years. */
const STEP_MS = 2 * 3_600_000;
const DIGITS = 16;
const FIRST_INDEX = 0x01800000;
const INDEX_BITS = 22;

/** What a TPM was told last, by state folder and machine: nobody else tells it while this process runs. */
const told = new Map<string, number>();

/** Of which machine’s time, and in which TPM: that of this computer where nobody says another. */
export interface TpmTime {
  state: string;
  vmId: string;
  tpm?: string | undefined;
}

/** The highest time that the TPM was told of a machine; undefined where it has none, or there is no TPM. @throws STATE_DAMAGED, PROGRAM_TIMEOUT */
export async function readTpmTime(of: TpmTime): Promise<number | undefined> {
  const known = told.get(idOf(of));
  if (known !== undefined) return known;
  const place = await placeOf(of, knownSealKey);
  const text = place && (await readTpmPlace(place).catch(asDamage));
  if (text === undefined) return undefined;
  if (!/^[0-9a-f]{16}$/.test(text)) throw damaged();
  const time = Number.parseInt(text, 16);
  told.set(idOf(of), time);
  return time;
}

/**
 * Tells the TPM a time: a lower one than it has at once, a higher one every two hours. Gives whether it has one now; one without room,
 * or that does not answer just now, has what it had.
 * @throws STATE_DAMAGED, SEAL_KEY_LOST, PROGRAM_* where a lower one cannot be told
 */
export async function tellTpmTime(of: TpmTime, at: number): Promise<boolean> {
  const place = await placeOf(of, sealKey);
  if (!place) return false;
  const before = await readTpmTime(of).catch((error: unknown) => {
    if (!(error instanceof AppError && error.code === 'STATE_DAMAGED')) throw error;
    // An installation, which is the remedy: it has its place again.
    return removeTpmPlace(place).catch(orNothing);
  });
  if (before !== undefined && at >= before && at < before + STEP_MS) return true;
  try {
    await writeTpmPlace(place, Math.floor(at).toString(16).padStart(DIGITS, '0'));
    told.set(idOf(of), Math.floor(at));
    return true;
  } catch (error) {
    if (!isProgramFailure(error) || (before !== undefined && at < before)) throw error;
    return before !== undefined;
  }
}

/** The computer’s TPM is as it was before the machine came. One that does not answer keeps it. */
export async function forgetTpmTime(of: TpmTime): Promise<void> {
  told.delete(idOf(of));
  const place = await placeOf(of, knownSealKey).catch(orNothing);
  if (place) await removeTpmPlace(place).catch(orNothing);
}

/** Place and secret follow from the key of seals: who does not have that writes none, and another state folder has others. */
async function placeOf(
  { state, vmId, tpm = tpmWithPlaces() }: TpmTime,
  keyOf: (state: string, tpm: string) => Promise<Buffer | undefined>,
): Promise<TpmPlace | undefined> {
  const key = tpm === undefined ? undefined : await keyOf(state, tpm);
  if (tpm === undefined || key === undefined) return undefined;
  const derived = (what: string, bytes: number) =>
    Buffer.from(hkdfSync('sha256', key, vmId, `lazaret time in a TPM ${what}`, bytes));
  const index = FIRST_INDEX + (derived('index', 4).readUInt32BE() >>> (32 - INDEX_BITS));
  return { device: tpm, index, secret: derived('secret', 16).toString('hex') };
}

/** Something else has its place, or its secret is another. */
function asDamage(error: unknown): never {
  if (error instanceof AppError && error.code === 'PROGRAM_FAILED') throw damaged(error);
  throw error;
}

function damaged(cause?: unknown): AppError {
  return new AppError('STATE_DAMAGED', 'the time in this computer’s TPM is not as this computer has written it', {
    cause,
  });
}

function orNothing(error: unknown): undefined {
  if (!isProgramFailure(error)) throw error;
}

function isProgramFailure(error: unknown): boolean {
  const codes = ['PROGRAM_FAILED', 'PROGRAM_MISSING', 'PROGRAM_TIMEOUT'];
  return error instanceof AppError && codes.includes(error.code);
}

function idOf({ state, vmId }: TpmTime): string {
  return join(state, vmId);
}
