import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Identity, Recipient } from 'age-encryption';
import { AppError } from '../../lib/errors.ts';
import { ageLibrary } from '../../sys/secrets/age-stream.ts';
import { MOST_WORK, scryptHash, workOfThisComputer } from '../verifier.ts';

const LABEL = 'age-encryption.org/v1/scrypt';
const SALT_BYTES = 16;
const TAG_BYTES = 16;
const CIPHER = 'chacha20-poly1305';
const NO_NONCE = Buffer.alloc(12);

/**
 * Who knows a password: the recipient and identity of age’s own passphrases, which `age -d` asks for. By Node’s scrypt, which works beside
 * all else that a service does; its cost is that of any password here.
 */
export function whoKnows(password: string): Recipient & Identity {
  return {
    async wrapFileKey(fileKey) {
      const { Stanza } = await ageLibrary();
      const salt = randomBytes(SALT_BYTES);
      const work = await workOfThisComputer();
      const body = wrapped(fileKey, await keyOf(password, salt, work));
      return [new Stanza(['scrypt', salt.toString('base64').replace(/=+$/, ''), `${work}`], body)];
    },
    async unwrapFileKey([stanza, ...others]) {
      const [kind, saltText = '', workText = ''] = stanza?.args ?? [];
      const salt = Buffer.from(saltText, 'base64');
      const work = Number(workText);
      const isOurs = kind === 'scrypt' && others.length === 0 && salt.length === SALT_BYTES;
      if (!stanza || !isOurs || !(Number.isInteger(work) && work >= 1 && work <= MOST_WORK))
        throw new AppError('KEY_DAMAGED', 'the file is none that a password opens');
      return unwrapped(stanza.body, await keyOf(password, salt, work));
    },
  };
}

/** The key of a file under a key that is used for nothing else, as all stanzas of age have it. */
export function wrapped(fileKey: Uint8Array, key: Uint8Array): Buffer {
  const cipher = createCipheriv(CIPHER, key, NO_NONCE, { authTagLength: TAG_BYTES });
  return Buffer.concat([cipher.update(fileKey), cipher.final(), cipher.getAuthTag()]);
}

/** Null where it was another key. */
export function unwrapped(body: Uint8Array, key: Uint8Array): Buffer | null {
  if (body.length <= TAG_BYTES) return null;
  const decipher = createDecipheriv(CIPHER, key, NO_NONCE, { authTagLength: TAG_BYTES });
  decipher.setAuthTag(body.subarray(-TAG_BYTES));
  const fileKey = decipher.update(body.subarray(0, -TAG_BYTES));
  try {
    return Buffer.concat([fileKey, decipher.final()]);
  } catch {
    return null;
  }
}

function keyOf(password: string, salt: Buffer, work: number): Promise<Buffer> {
  return scryptHash(password, Buffer.concat([Buffer.from(LABEL), salt]), work);
}
