import { hkdfSync, randomBytes } from 'node:crypto';
import type { Identity, Recipient } from 'age-encryption';
import {
  ageHead,
  CHUNK_BYTES,
  MAX_HEADER_BYTES,
  NONCE_BYTES,
  openedChunk,
  payloadKey,
  sealedChunk,
  TAG_BYTES,
} from './age-chunks.ts';

/** What stands before the 32 bytes of an X25519 key in PKCS #8. */
const PKCS8 = Buffer.from('302e020100300506032b656e04220420', 'hex');

type Bytes = AsyncIterable<Buffer>;
/** A part of a pipeline. */
type Passing = (from: Bytes) => AsyncGenerator<Buffer>;

/** Opens age files that are for its recipient. */
export type AgeIdentity = CryptoKey;

/**
 * age’s library, a hundred files: who opens no file does not wait for them. A program that runs for long loads them before an upgrade
 * can replace them.
 */
export const ageLibrary = () => import('age-encryption');

/** The identity that follows from a secret with as many bits as a key has, for one purpose; it has to be kept nowhere. */
export function ageIdentityFrom(secret: string, purpose: string): Promise<AgeIdentity> {
  const key = Buffer.from(hkdfSync('sha256', secret, '', purpose, 32));
  return crypto.subtle.importKey('pkcs8', Buffer.concat([PKCS8, key]), { name: 'X25519' }, false, ['deriveBits']);
}

/** For whom a file is that this identity opens: `age1…`. */
export async function ageRecipientOf(identity: AgeIdentity): Promise<string> {
  const { identityToRecipient } = await ageLibrary();
  return identityToRecipient(identity);
}

/**
 * Makes an age file of what passes, for its recipients. The library makes its header; the library’s cipher is in JavaScript and would
 * hold up all else meanwhile, so the rest is encrypted by Node’s.
 */
export function ageEncrypting(...recipients: readonly (Recipient | string)[]): Passing {
  return async function* (from) {
    const { header, fileKey } = await newHeader(recipients);
    const nonce = randomBytes(NONCE_BYTES);
    yield Buffer.concat([header, nonce]);
    const key = payloadKey(fileKey, nonce);
    for await (const { chunk, index, isLast } of chunksOf(from, CHUNK_BYTES))
      yield sealedChunk(key, chunk, index, isLast);
  };
}

/** The way back. It fails on what is not for this identity, was changed, or is cut; what it has given before is as it was encrypted. */
export function ageDecrypting(identity: AgeIdentity): Passing {
  return async function* (from) {
    const { Decrypter } = await ageLibrary();
    const { header, nonce, payload } = await beginningOf(from);
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    const key = payloadKey(await decrypter.decryptHeader(header), nonce);
    for await (const { chunk, index, isLast } of chunksOf(payload, CHUNK_BYTES + TAG_BYTES))
      yield openedChunk(key, chunk, index, isLast);
  };
}

/** The key of a file; undefined where its header is for somebody else, or for another secret. Throws where it is damaged. */
export async function ageFileKey(header: Uint8Array, identity: Identity | string): Promise<Uint8Array | undefined> {
  let isOther = false;
  const { Decrypter } = await ageLibrary();
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  // Is asked where the first could not.
  decrypter.addIdentity({
    unwrapFileKey: () => {
      isOther = true;
      return null;
    },
  });
  try {
    return await decrypter.decryptHeader(header);
  } catch (error) {
    if (isOther) return undefined;
    throw error;
  }
}

async function newHeader(
  recipients: readonly (Recipient | string)[],
): Promise<{ header: Uint8Array; fileKey: Uint8Array }> {
  let fileKey = new Uint8Array();
  const { Encrypter } = await ageLibrary();
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  // Stands for nobody, and hears the key of the file.
  encrypter.addRecipient({
    wrapFileKey: (key) => {
      fileKey = new Uint8Array(key);
      return [];
    },
  });
  const empty = await encrypter.encrypt(new Uint8Array());
  return { header: empty.subarray(0, empty.length - NONCE_BYTES - TAG_BYTES), fileKey };
}

/** The header, what stands behind it, and the rest of a file. */
async function beginningOf(from: Bytes): Promise<{ header: Buffer; nonce: Buffer; payload: Bytes }> {
  const source = from[Symbol.asyncIterator]();
  let read = Buffer.alloc(0);
  for (;;) {
    const head = ageHead(read);
    if (head) return { ...head, payload: following(read.subarray(head.bytes), source) };
    const next = read.length > MAX_HEADER_BYTES ? undefined : await source.next();
    if (!next || next.done) throw new Error('this is no encrypted file');
    read = Buffer.concat([read, next.value]);
  }
}

async function* following(first: Buffer, source: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* { [Symbol.asyncIterator]: () => source };
}

/** Chunks of one length, of which the last alone may be shorter. */
async function* chunksOf(from: Bytes, bytes: number) {
  let rest = Buffer.alloc(0);
  let index = 0;
  for await (const more of from) {
    rest = Buffer.concat([rest, more]);
    let at = 0;
    // One more byte, and it is not the last.
    for (; rest.length - at > bytes; at += bytes, index += 1)
      yield { chunk: rest.subarray(at, at + bytes), index, isLast: false };
    rest = rest.subarray(at);
  }
  yield { chunk: rest, index, isLast: true };
}
