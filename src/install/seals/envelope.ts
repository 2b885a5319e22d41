import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { jsonOrNothing } from '../../lib/json.ts';

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** A file that is encrypted and authentic: whoever has no key of it neither reads nor makes one. */
export const Envelope = z.strictObject({
  format: z.literal(1),
  /** Which key it is of. */
  key: z.string().regex(/^[0-9a-f]{16}$/),
  /** Which writing of its machine’s files it is; what an earlier Lazaret sealed has none. */
  number: z.int().min(1).exactOptional(),
  /** A nonce, what it holds, and the tag. */
  sealed: z.base64(),
});
export type Envelope = z.infer<typeof Envelope>;

/** What a computer’s configurations are sealed with. */
export interface SealKey {
  id: string;
  key: Buffer;
}

/** Of another computer, the same secret makes another key. */
export function sealKeyFrom(secret: Buffer, computer: string): SealKey {
  const derived = (what: string, bytes: number) =>
    Buffer.from(hkdfSync('sha256', secret, computer, `lazaret configuration ${what}`, bytes));
  return { id: derived('name', 8).toString('hex'), key: derived('key', KEY_BYTES) };
}

/** These bytes, as whoever has the key can read them, in this place alone. */
export function closeEnvelope({ id, key }: SealKey, subject: string, bytes: Buffer): Envelope {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(Buffer.from(subject));
  const parts = [nonce, cipher.update(bytes), cipher.final()];
  return { format: 1, key: id, sealed: Buffer.concat([...parts, cipher.getAuthTag()]).toString('base64') };
}

/** What is in it; undefined where it was changed, or is of another place. */
export function openEnvelope({ key }: SealKey, subject: string, { sealed }: Envelope): Buffer | undefined {
  const bytes = Buffer.from(sealed, 'base64');
  if (bytes.length < NONCE_BYTES + TAG_BYTES) return undefined;
  const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(subject)).setAuthTag(bytes.subarray(-TAG_BYTES));
  const opened = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES));
  try {
    return Buffer.concat([opened, decipher.final()]);
  } catch {
    return undefined;
  }
}

/** The envelope that a file is, or undefined where it lies in clear. */
export function envelopeIn(bytes: Buffer): Envelope | undefined {
  return Envelope.safeParse(jsonOrNothing(bytes.toString('utf8'))).data;
}
