import { createPublicKey, diffieHellman, generateKeyPairSync, hkdfSync, type KeyObject } from 'node:crypto';
import type { Identity, Recipient } from 'age-encryption';
import { ageLibrary } from '../../sys/secrets/age-stream.ts';
import { fromAgeFile, inAgeFile } from './file.ts';
import { unwrapped, whoKnows, wrapped } from './who-knows.ts';
import { identityKey, publicBytes, publicKeyOf, recipientBytes } from './x25519.ts';

/** 120 bits: six groups of letters, and more than anybody can try. */
export const RECOVERY_SECRET_BYTES = 15;
const KIND = 'lazaret-recovery';
const HALF_BYTES = 32;
const KEY_BYTES = 32;

/**
 * Lets a file be opened by a secret that only the holder of the project’s recovery key can work out, and that is short enough to be read
 * out: it follows from the recovery key and a pair made for this file alone, whose public half stands in it, and whose private half is
 * kept nowhere.
 */
export function recoverable(recoveryKey: string): Recipient {
  return {
    async wrapFileKey(fileKey) {
      const { Stanza } = await ageLibrary();
      const { publicKey, privateKey } = generateKeyPairSync('x25519');
      const [half, project] = [publicBytes(publicKey), recipientBytes(recoveryKey)];
      const secret = secretOf(privateKey, publicKeyOf(project), half, project);
      return [new Stanza([KIND, half.toString('base64').replace(/=+$/, '')], wrapped(fileKey, slotKey(secret)))];
    },
  };
}

/** Who was told the secret. */
export function whoWasTold(secret: Uint8Array): Identity {
  return {
    unwrapFileKey: (stanzas) => {
      const stanza = stanzas.find(({ args }) => args[0] === KIND);
      return stanza ? unwrapped(stanza.body, slotKey(secret)) : null;
    },
  };
}

/** The public half in such a file, which is what a request for the secret says; undefined where it has none. Throws where it is damaged. */
export async function halfIn(bytes: Uint8Array): Promise<Buffer | undefined> {
  let half: Buffer | undefined;
  await fromAgeFile(bytes, {
    unwrapFileKey: (stanzas) => {
      const said = stanzas.find(({ args }) => args[0] === KIND)?.args[1] ?? '';
      half = Buffer.from(said, 'base64');
      return null;
    },
  });
  return half?.length === HALF_BYTES ? half : undefined;
}

/** The secret that belongs to a public half, for the holder of the recovery key; undefined where the half is no key. */
export function recoverySecret(half: Uint8Array, identity: string): Buffer | undefined {
  const own = identityKey(identity);
  try {
    return secretOf(own, publicKeyOf(half), half, publicBytes(createPublicKey(own)));
  } catch {
    // A key of small order gives a secret that everybody knows: OpenSSL refuses it, and so do we.
    return undefined;
  }
}

/** Such a secret for whoever knows a temporary password: nothing else in it tells it. */
export function sealedSecret(secret: Uint8Array, password: string): Promise<Uint8Array> {
  return inAgeFile(Buffer.from(secret).toString('hex'), whoKnows(password));
}

function secretOf(own: KeyObject, other: KeyObject, half: Uint8Array, project: Uint8Array): Buffer {
  const shared = diffieHellman({ privateKey: own, publicKey: other });
  const salt = Buffer.concat([half, project]);
  return Buffer.from(hkdfSync('sha256', shared, salt, 'lazaret recovery 1', RECOVERY_SECRET_BYTES));
}

function slotKey(secret: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, '', 'lazaret recovery slot 1', KEY_BYTES));
}
