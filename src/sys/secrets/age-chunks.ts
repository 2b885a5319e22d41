import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';

/** What age encrypts at once, and what stands behind each such chunk. */
export const CHUNK_BYTES = 64 << 10;
export const TAG_BYTES = 16;
export const NONCE_BYTES = 16;
export const MAX_HEADER_BYTES = 64 << 10;
const CIPHER = 'chacha20-poly1305';
/** The last line of a header. */
const LAST_LINE = /(?:^|\n)--- [^\n]*\n/;

/** What an age file begins with; what is encrypted stands behind it. */
export interface AgeHead {
  header: Buffer;
  nonce: Buffer;
  bytes: number;
}

/** The head of an age file of which these are the first bytes; undefined where it is not among them. */
export function ageHead(read: Buffer): AgeHead | undefined {
  const end = LAST_LINE.exec(read.subarray(0, MAX_HEADER_BYTES).toString('latin1'));
  const headerBytes = end ? end.index + end[0].length : 0;
  const bytes = headerBytes + NONCE_BYTES;
  if (!end || read.length < bytes) return undefined;
  return { header: read.subarray(0, headerBytes), nonce: read.subarray(headerBytes, bytes), bytes };
}

export function payloadKey(fileKey: Uint8Array, nonce: Uint8Array): Buffer {
  return Buffer.from(hkdfSync('sha256', fileKey, nonce, 'payload', 32));
}

export function sealedChunk(key: Buffer, chunk: Buffer, index: number, isLast: boolean): Buffer {
  const cipher = createCipheriv(CIPHER, key, chunkNonce(index, isLast), { authTagLength: TAG_BYTES });
  return Buffer.concat([cipher.update(chunk), cipher.final(), cipher.getAuthTag()]);
}

/** Throws where it was changed, stands elsewhere, or is the last one and should not be, or the other way round. */
export function openedChunk(key: Buffer, chunk: Buffer, index: number, isLast: boolean): Buffer {
  if (chunk.length < TAG_BYTES + (index === 0 ? 0 : 1)) throw new Error('an encrypted file is cut');
  const decipher = createDecipheriv(CIPHER, key, chunkNonce(index, isLast), { authTagLength: TAG_BYTES });
  decipher.setAuthTag(chunk.subarray(-TAG_BYTES));
  const plain = decipher.update(chunk.subarray(0, -TAG_BYTES));
  // A stream cipher keeps nothing back; this looks at the tag.
  decipher.final();
  return plain;
}

function chunkNonce(index: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUIntBE(index, 5, 6);
  nonce[11] = isLast ? 1 : 0;
  return nonce;
}
