import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { bech32 } from '@scure/base';

const RECIPIENT = 'age';
const IDENTITY = 'age-secret-key-';
/** What stands before the 32 bytes of a private X25519 key (RFC 8410). */
const PKCS8 = Buffer.from('302e020100300506032b656e04220420', 'hex');

/** The 32 bytes of a recipient of age. Throws where it is none. */
export function recipientBytes(recipient: string): Buffer {
  return bytesOf(recipient, RECIPIENT);
}

/** The private key of an identity of age. Throws where it is none. */
export function identityKey(identity: string): KeyObject {
  return createPrivateKey({
    key: Buffer.concat([PKCS8, bytesOf(identity, IDENTITY)]),
    format: 'der',
    type: 'pkcs8',
  });
}

export function publicKeyOf(bytes: Uint8Array): KeyObject {
  const x = Buffer.from(bytes).toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' });
}

export function publicBytes(key: KeyObject): Buffer {
  return Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url');
}

function bytesOf(text: string, wanted: string): Buffer {
  const { prefix, bytes } = bech32.decodeToBytes(text);
  if (prefix !== wanted || bytes.length !== 32) throw new TypeError('no key of age');
  return Buffer.from(bytes);
}
