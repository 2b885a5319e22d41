import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { Decrypter, Encrypter, type Identity, type Recipient, Stanza } from 'age-encryption';
import { AppError } from '../../lib/errors.ts';
import { readCapped, writeFileAtomic } from '../../sys/files/files.ts';
import { makeFolder } from '../../sys/files/folders.ts';
import { MOST_WORK, scryptHash, workOfThisComputer } from '../../trust/verifier.ts';

const MAX_BYTES = 64 << 10;
const KEY = /^[0-9a-f]{64}$/;
const LABEL = 'age-encryption.org/v1/scrypt';
const SALT_BYTES = 16;
const TAG_BYTES = 16;
const CIPHER = 'chacha20-poly1305';
const NO_NONCE = Buffer.alloc(12);

/** What opens the encrypted disks of one installation: random, as text, for QEMU takes no other. */
export function newDiskKey(): string {
  return randomBytes(32).toString('hex');
}

/** Keeps the key of a machine’s disks for whom `recipient` stands, as one step: an age file, the only form in which it is on a disk. */
export async function keepDiskKey(path: string, diskKey: string, recipient: Recipient): Promise<void> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  await makeFolder(dirname(path), 0o700);
  await writeFileAtomic(path, await encrypter.encrypt(diskKey), 0o600);
}

/** The key of a machine’s disks; undefined where it is kept for somebody else, or for another secret. @throws KEY_DAMAGED */
export async function openDiskKey(path: string, identity: Identity): Promise<string | undefined> {
  let isOther = false;
  const asked: Identity = {
    unwrapFileKey: async (stanzas) => {
      const fileKey = await identity.unwrapFileKey(stanzas);
      isOther = fileKey === null;
      return fileKey;
    },
  };
  const decrypter = new Decrypter();
  decrypter.addIdentity(asked);
  const details = { path };
  try {
    const text = await decrypter.decrypt(await readCapped(path, MAX_BYTES), 'text');
    if (KEY.test(text)) return text;
  } catch (cause) {
    if (isOther) return undefined;
    throw new AppError('KEY_DAMAGED', `the key in ${path} cannot be read`, { cause, details });
  }
  throw new AppError('KEY_DAMAGED', `what is in ${path} is no key`, { details });
}

/**
 * Who knows a password: the recipient and identity of age’s own passphrases, which `age -d` asks for. By Node’s scrypt, which works beside
 * all else that a service does; its cost is that of any password here.
 */
export function whoKnows(password: string): Recipient & Identity {
  return {
    async wrapFileKey(fileKey) {
      const salt = randomBytes(SALT_BYTES);
      const work = await workOfThisComputer();
      const cipher = createCipheriv(CIPHER, await keyOf(password, salt, work), NO_NONCE, { authTagLength: TAG_BYTES });
      const body = Buffer.concat([cipher.update(fileKey), cipher.final(), cipher.getAuthTag()]);
      return [new Stanza(['scrypt', salt.toString('base64').replace(/=+$/, ''), `${work}`], body)];
    },
    async unwrapFileKey([stanza, ...others]) {
      const [kind, saltText = '', workText = ''] = stanza?.args ?? [];
      const salt = Buffer.from(saltText, 'base64');
      const work = Number(workText);
      const isOurs = kind === 'scrypt' && others.length === 0 && salt.length === SALT_BYTES;
      if (!stanza || !isOurs || !(Number.isInteger(work) && work >= 1 && work <= MOST_WORK))
        throw new AppError('KEY_DAMAGED', 'the file is none that a password opens');
      const decipher = createDecipheriv(CIPHER, await keyOf(password, salt, work), NO_NONCE, {
        authTagLength: TAG_BYTES,
      });
      decipher.setAuthTag(stanza.body.subarray(-TAG_BYTES));
      const fileKey = decipher.update(stanza.body.subarray(0, -TAG_BYTES));
      try {
        return Buffer.concat([fileKey, decipher.final()]);
      } catch {
        return null;
      }
    },
  };
}

function keyOf(password: string, salt: Buffer, work: number): Promise<Buffer> {
  return scryptHash(password, Buffer.concat([Buffer.from(LABEL), salt]), work);
}
