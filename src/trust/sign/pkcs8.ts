import { createCipheriv, type KeyObject, pbkdf2Sync, randomBytes } from 'node:crypto';

/** How much work a guess at a passphrase costs: about a quarter of a second. Node's own export stops at 2,048. */
const ITERATIONS = 600_000;

const OID = {
  pbes2: '06092a864886f70d01050d',
  pbkdf2: '06092a864886f70d01050c',
  hmacSha256: '06082a864886f70d0209',
  aes256Cbc: '060960864801650304012a',
} as const;
const NULL = Buffer.from('0500', 'hex');

/**
 * A private key as OpenSSL reads it: PKCS#8, encrypted with AES-256 under PBKDF2-HMAC-SHA-256 of the passphrase (RFC 8018 §6.2
 * and appendix A). Written by hand because Node cannot be told the number of iterations.
 */
export function encryptedPem(privateKey: KeyObject, passphrase: string, iterations = ITERATIONS): string {
  const salt = randomBytes(16);
  const iv = randomBytes(16);
  const cipher = createCipheriv('aes-256-cbc', pbkdf2Sync(passphrase, salt, iterations, 32, 'sha256'), iv);
  const plain = privateKey.export({ type: 'pkcs8', format: 'der' });
  const encrypted = Buffer.concat([cipher.update(plain), cipher.final()]);

  const derivation = sequence(
    oid('pbkdf2'),
    sequence(octets(salt), integer(iterations), sequence(oid('hmacSha256'), NULL)),
  );
  const scheme = sequence(oid('pbes2'), sequence(derivation, sequence(oid('aes256Cbc'), octets(iv))));
  const lines = sequence(scheme, octets(encrypted)).toString('base64').replace(/.{64}/g, '$&\n').trimEnd();
  return `-----BEGIN ENCRYPTED PRIVATE KEY-----\n${lines}\n-----END ENCRYPTED PRIVATE KEY-----\n`;
}

/** DER: tag, length, content. No key of ours comes near 64 KiB. */
function tagged(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head =
    length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), content]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, ...parts);
}

function octets(bytes: Buffer): Buffer {
  return tagged(0x04, bytes);
}

/** In as few bytes as hold it, of which the first bit is the sign. */
function integer(value: number): Buffer {
  const digits = value.toString(16);
  const bytes = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex');
  return tagged(0x02, (bytes[0] ?? 0) < 0x80 ? bytes : Buffer.concat([Buffer.alloc(1), bytes]));
}

function oid(name: keyof typeof OID): Buffer {
  return Buffer.from(OID[name], 'hex');
}
