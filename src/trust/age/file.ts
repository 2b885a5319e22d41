import type { Identity, Recipient } from 'age-encryption';
import { ageLibrary } from '../../sys/secrets/age-stream.ts';

/** A text for whom the recipients stand: their keys, or what they know. */
export async function inAgeFile(text: string, ...recipients: (Recipient | string)[]): Promise<Uint8Array> {
  const { Encrypter } = await ageLibrary();
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  return encrypter.encrypt(text);
}

/** The text in an age file; undefined where it is for somebody else, or for another secret. Throws where it is damaged. */
export async function fromAgeFile(bytes: Uint8Array, identity: Identity): Promise<string | undefined> {
  let isOther = false;
  const { Decrypter } = await ageLibrary();
  const decrypter = new Decrypter();
  decrypter.addIdentity({
    unwrapFileKey: async (stanzas) => {
      const fileKey = await identity.unwrapFileKey(stanzas);
      isOther = fileKey === null;
      return fileKey;
    },
  });
  try {
    return await decrypter.decrypt(bytes, 'text');
  } catch (error) {
    if (isOther) return undefined;
    throw error;
  }
}
