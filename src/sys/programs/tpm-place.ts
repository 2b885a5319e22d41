import { AppError } from '../../lib/errors.ts';
import { withTemporaryFile } from '../files/files.ts';
import { hasProgram, run } from './exec.ts';
import { presentTpm } from './systemd-creds.ts';

/** A TPM that does not answer holds nobody up for a minute. */
const TIMEOUT_MS = 20_000;
/** It is defined, and nothing was written there yet. */
const UNWRITTEN = '0x0000014a';

/** Some bytes in a TPM, which only who knows their secret reads or writes: an older copy of a disk does not bring older ones. */
export interface TpmPlace {
  device: string;
  /** From 0x01800000 to 0x01bfffff: what owners of computers have. */
  index: number;
  /** In hexadecimal digits, 64 at most. */
  secret: string;
}

/** The TPM 2.0 of this computer where there are programs to keep something in it. */
export function tpmWithPlaces(): string | undefined {
  return hasProgram('tpm2_nvread') ? presentTpm() : undefined;
}

/** Undefined where nothing was ever written. @throws PROGRAM_*; PROGRAM_FAILED where it has another secret */
export async function readTpmPlace(place: TpmPlace): Promise<string | undefined> {
  if (!(await isDefined(place))) return undefined;
  const { stdout, stderr, exitCode } = await tool('tpm2_nvread', place, ['-P', 'file:-'], [1]);
  if (exitCode === 0) return stdout;
  if (stderr.includes(UNWRITTEN)) return undefined;
  throw new AppError('PROGRAM_FAILED', `tpm2_nvread: ${stderr.trim().slice(-2000)}`);
}

/** The text has the same length each time. @throws PROGRAM_* */
export async function writeTpmPlace(place: TpmPlace, text: string): Promise<void> {
  if (!(await isDefined(place))) {
    // Wrong secrets are no reason to lock the whole TPM for a while.
    const how = ['-C', 'o', '-s', `${text.length}`, '-a', 'authread|authwrite|no_da', '-p', 'file:-'];
    await run('tpm2_nvdefine', [...words(place), ...how], options(place));
  }
  await withTemporaryFile(Buffer.from(text), (path) => tool('tpm2_nvwrite', place, ['-P', 'file:-', '-i', path]));
}

/** @throws PROGRAM_* */
export async function removeTpmPlace(place: TpmPlace): Promise<void> {
  if (await isDefined(place)) await run('tpm2_nvundefine', [...words(place), '-C', 'o'], { timeoutMs: TIMEOUT_MS });
}

async function isDefined({ device, index }: TpmPlace): Promise<boolean> {
  const { stdout } = await run('tpm2_getcap', ['-T', channel(device), 'handles-nv-index'], { timeoutMs: TIMEOUT_MS });
  return stdout.split('\n').some((line) => Number(line.replace(/^- /, '')) === index);
}

/** A program that proves by the secret that it may: it comes by a pipe, and is no argument. */
function tool(program: string, place: TpmPlace, how: readonly string[], allow: readonly number[] = []) {
  const own = ['-C', `${place.index}`, ...how];
  return run(program, [...words(place), ...own], { ...options(place), allow });
}

function words({ device, index }: TpmPlace): string[] {
  return [`${index}`, '-T', channel(device)];
}

function options({ secret }: TpmPlace) {
  return { input: `hex:${secret}`, timeoutMs: TIMEOUT_MS };
}

function channel(device: string): string {
  return device.startsWith('/') ? `device:${device}` : device;
}
