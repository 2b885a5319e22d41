import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { AppError } from '../../lib/errors.ts';
import { isThere, moveFile, readIfThere, writeFileAtomic } from '../../sys/files/files.ts';
import { makeFolder } from '../../sys/files/folders.ts';
import { presentTpm, unwrapByTpm, wrapByTpm } from '../../sys/programs/systemd-creds.ts';
import { computerPaths } from '../state/layout.ts';

const KEY_BYTES = 32;
const MAX_BYTES = 16 << 10;

/** What was unwrapped, by its wrapping: a TPM is slow. */
const unwrapped = new Map<string, Buffer>();

/**
 * The key of this state folder’s seals, which lies outside of it: as it is, or wrapped by the computer’s TPM. Undefined where
 * there is none, or no whole one. @throws PROGRAM_TIMEOUT where its TPM does not answer
 */
export async function knownSealKey(state: string, tpm = presentTpm()): Promise<Buffer | undefined> {
  const bytes = await readIfThere(keyPath(state), MAX_BYTES);
  if (bytes === undefined || bytes.length === KEY_BYTES) return bytes;
  const wrapped = bytes.toString('utf8');
  const known = unwrapped.get(wrapped);
  if (known !== undefined || tpm === undefined) return known;
  const key = await unwrapByTpm(wrapped, tpm).then((text) => Buffer.from(text, 'hex'), orNothing);
  if (key?.length !== KEY_BYTES) return undefined;
  unwrapped.set(wrapped, key);
  return key;
}

/** The same; where there is none, a new one. @throws SEAL_KEY_LOST where there is one that cannot be read, and as knownSealKey */
export async function sealKey(state: string, tpm = presentTpm()): Promise<Buffer> {
  const known = await knownSealKey(state, tpm);
  if (known) return known;
  const path = keyPath(state);
  if (await isThere(path)) throw new AppError('SEAL_KEY_LOST', `${path} gives no key`, { details: { path } });
  return newKey(state, tpm);
}

/**
 * What an installation does for the key: where the one that is there cannot be read it is put aside, and another is made when it is
 * needed; where it lies there as it is, and the computer has a TPM by now, that wraps it. @throws as knownSealKey
 */
export async function mendSealKey(state: string, tpm = presentTpm()): Promise<void> {
  const path = keyPath(state);
  const key = await knownSealKey(state, tpm);
  if (key === undefined && (await isThere(path))) await moveFile(path, `${path}.former`);
  if (key === undefined || tpm === undefined) return;
  const isBare = (await readIfThere(path, MAX_BYTES))?.equals(key) === true;
  const wrapped = isBare ? await wrapByTpm(key.toString('hex'), tpm).catch(orNothing) : undefined;
  if (wrapped === undefined) return;
  // All that is sealed depends on it: the TPM gives it back before its file goes.
  const back = await unwrapByTpm(wrapped, tpm).catch(orNothing);
  if (back === key.toString('hex')) await writeFileAtomic(path, wrapped, 0o600);
}

async function newKey(state: string, tpm: string | undefined): Promise<Buffer> {
  const key = randomBytes(KEY_BYTES);
  // One that is there and does not answer is as none: the key is then what it is without.
  const wrapped = tpm === undefined ? undefined : await wrapByTpm(key.toString('hex'), tpm).catch(orNothing);
  await makeFolder(computerPaths(state).seal, 0o700);
  await writeFileAtomic(keyPath(state), wrapped ?? key, 0o600);
  return key;
}

function orNothing(error: unknown): undefined {
  if (!(error instanceof AppError && ['PROGRAM_FAILED', 'PROGRAM_MISSING'].includes(error.code))) throw error;
}

function keyPath(state: string): string {
  return join(computerPaths(state).seal, 'key');
}
