import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { Decrypter, Encrypter, identityToRecipient } from 'age-encryption';

const CHUNK_BYTES = 64 << 10;
const NONCE_BYTES = 16;
const TAG_BYTES = 16;
const MAX_HEADER_BYTES = 64 << 10;
const CIPHER = 'chacha20-poly1305';
/** The last line of a header. */
const LAST_LINE = /(?:^|\n)--- [^\n]*\n/;
/** What stands before the 32 bytes of an X25519 key in PKCS #8. */
const PKCS8 = Buffer.from('302e020100300506032b656e04220420', 'hex');

type Bytes = AsyncIterable<Buffer>;
/** A part of a pipeline. */
type Passing = (from: Bytes) => AsyncGenerator<Buffer>;

/** Opens age files that are for its recipient. */
export type AgeIdentity = CryptoKey;

/** The identity that follows from a secret with as many bits as a key has, for one purpose; it has to be kept nowhere. */
export function ageIdentityFrom(secret: string, purpose: string): Promise<AgeIdentity> {
  const key = Buffer.from(hkdfSync('sha256', secret, '', purpose, 32));
  return crypto.subtle.importKey('pkcs8', Buffer.concat([PKCS8, key]), { name: 'X25519' }, false, ['deriveBits']);
}

/** For whom a file is that this identity opens: `age1…`. */
export function ageRecipientOf(identity: AgeIdentity): Promise<string> {
  return identityToRecipient(identity);
}

/**
 * Makes an age file of what passes, for one recipient. The library makes its header; the library’s cipher is in JavaScript and would
 * hold up all else meanwhile, so the rest is encrypted by Node’s.
 */
export function ageEncrypting(recipient: string): Passing {
  return async function* (from) {
    const { header, fileKey } = await newHeader(recipient);
    const nonce = randomBytes(NONCE_BYTES);
    yield Buffer.concat([header, nonce]);
    const key = payloadKey(fileKey, nonce);
    for await (const { chunk, chunkNonce } of chunksOf(from, CHUNK_BYTES)) {
      const cipher = createCipheriv(CIPHER, key, chunkNonce, { authTagLength: TAG_BYTES });
      yield Buffer.concat([cipher.update(chunk), cipher.final(), cipher.getAuthTag()]);
    }
  };
}

/** The way back. It fails on what is not for this identity, was changed, or is cut; what it has given before is as it was encrypted. */
export function ageDecrypting(identity: AgeIdentity): Passing {
  return async function* (from) {
    const { header, nonce, payload } = await beginningOf(from);
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    const key = payloadKey(await decrypter.decryptHeader(header), nonce);
    for await (const { chunk, chunkNonce, isFirst } of chunksOf(payload, CHUNK_BYTES + TAG_BYTES)) {
      if (chunk.length < TAG_BYTES + (isFirst ? 0 : 1)) throw new Error('an encrypted file is cut');
      const decipher = createDecipheriv(CIPHER, key, chunkNonce, { authTagLength: TAG_BYTES });
      decipher.setAuthTag(chunk.subarray(-TAG_BYTES));
      yield Buffer.concat([decipher.update(chunk.subarray(0, -TAG_BYTES)), decipher.final()]);
    }
  };
}

async function newHeader(recipient: string): Promise<{ header: Uint8Array; fileKey: Uint8Array }> {
  let fileKey = new Uint8Array();
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
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

function payloadKey(fileKey: Uint8Array, nonce: Uint8Array): Buffer {
  return Buffer.from(hkdfSync('sha256', fileKey, nonce, 'payload', 32));
}

/** The header, what stands behind it, and the rest of a file. */
async function beginningOf(from: Bytes): Promise<{ header: Buffer; nonce: Buffer; payload: Bytes }> {
  const source = from[Symbol.asyncIterator]();
  let read = Buffer.alloc(0);
  for (;;) {
    const end = LAST_LINE.exec(read.subarray(0, MAX_HEADER_BYTES).toString('latin1'));
    const headerBytes = end ? end.index + end[0].length : 0;
    const at = headerBytes + NONCE_BYTES;
    if (end && read.length >= at)
      return {
        header: read.subarray(0, headerBytes),
        nonce: read.subarray(headerBytes, at),
        payload: following(read.subarray(at), source),
      };
    const next = read.length > MAX_HEADER_BYTES ? undefined : await source.next();
    if (!next || next.done) throw new Error('this is no encrypted file');
    read = Buffer.concat([read, next.value]);
  }
}

async function* following(first: Buffer, source: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* { [Symbol.asyncIterator]: () => source };
}

/** Chunks of one length, of which the last alone may be shorter; the nonce of each says where it stands, and whether it is the last. */
async function* chunksOf(from: Bytes, bytes: number) {
  let rest = Buffer.alloc(0);
  let count = 0;
  const numbered = (chunk: Buffer, isLast: boolean) => {
    const chunkNonce = Buffer.alloc(12);
    chunkNonce.writeUIntBE(count, 5, 6);
    chunkNonce[11] = isLast ? 1 : 0;
    count += 1;
    return { chunk, chunkNonce, isFirst: count === 1 };
  };
  for await (const more of from) {
    rest = Buffer.concat([rest, more]);
    let at = 0;
    // One more byte, and it is not the last.
    for (; rest.length - at > bytes; at += bytes) yield numbered(rest.subarray(at, at + bytes), false);
    rest = rest.subarray(at);
  }
  yield numbered(rest, true);
}
