import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../../lib/errors.ts';
import { canonicalJson } from '../../lib/json.ts';
import { computerIdentity } from '../../sys/computer-identity.ts';
import { readState, writeState } from '../state/instances.ts';
import { knownSealKey, sealKey } from './seal-key.ts';

/** A file that only this computer’s service can have written. */
const SealedFile = z.strictObject({
  format: z.literal(1),
  value: z.unknown(),
  seal: z.string().regex(/^[0-9a-f]{64}$/),
});

/**
 * What a sealed file says. Its seal is of this computer, and of `subject`: another machine’s file, one from another computer, or
 * one that was changed does not pass. Whoever is root here can make one.
 * @throws STATE_DAMAGED (also when it is missing)
 */
export async function readSealed<T>(
  state: string,
  path: string,
  subject: string,
  schema: z.ZodType<T>,
  tpm?: string,
): Promise<T> {
  const { value, seal } = await readState(path, SealedFile);
  const key = await knownSealKey(state, tpm);
  const right = key && Buffer.from(await sealOf(key, subject, value), 'hex');
  const details = { path };
  if (!right || !timingSafeEqual(right, Buffer.from(seal, 'hex')))
    throw new AppError('STATE_DAMAGED', `${path} is not as this computer has written it`, { details });
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new AppError('STATE_DAMAGED', `${path} is damaged`, { cause: parsed.error, details });
}

/** Replaces a sealed file as one step. @throws SEAL_KEY_LOST */
export async function writeSealed(
  state: string,
  path: string,
  subject: string,
  value: object,
  tpm?: string,
): Promise<void> {
  await writeState(path, { format: 1, value, seal: await sealOf(await sealKey(state, tpm), subject, value) });
}

/** Of another computer, the same key file makes other seals. */
async function sealOf(key: Buffer, subject: string, value: unknown): Promise<string> {
  const own = createHmac('sha256', key)
    .update(await computerIdentity())
    .digest();
  return createHmac('sha256', own)
    .update(canonicalJson([subject, value]))
    .digest('hex');
}
