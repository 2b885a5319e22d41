import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  sign,
} from 'node:crypto';
import { AppError } from '../../lib/errors.ts';
import { canonicalJson } from '../../lib/json.ts';
import { isThere, readIfThere, writeFileAtomic } from '../../sys/files/files.ts';
import { encryptedPem } from './pkcs8.ts';

const MAX_KEY_FILE_BYTES = 8192;
/** What stands before the 32 bytes of a private X25519 key (RFC 8410). */
const X25519_PKCS8 = Buffer.from('302e020100300506032b656e04220420', 'hex');
const ENCRYPTED_PEM =
  /^-----BEGIN ENCRYPTED PRIVATE KEY-----\n(?<body>[A-Za-z0-9+/=\n]+)-----END ENCRYPTED PRIVATE KEY-----\n?$/;

/** The public half of an Ed25519 key, and the name metadata knows it by. */
export interface PublicKey {
  /** SHA-256 of the canonical JSON of the key as metadata carries it, in hexadecimal. */
  readonly keyId: string;
  readonly publicKeyHex: string;
}

/** A key that can sign; its private half never leaves the object. */
export interface SigningKey extends PublicKey {
  sign(data: Uint8Array): Buffer;
}

/** The key for hot fixes, which answers by telephone too. */
export interface HotFixSigningKey extends SigningKey {
  readonly telephone: KeyObject;
  readonly telephoneHex: string;
}

/** A key as TUF metadata carries it. */
export function keyEntry(publicKeyHex: string) {
  return { keytype: 'ed25519', scheme: 'ed25519', keyval: { public: publicKeyHex } };
}

/** The id follows from the key alone, so two ids are always two keys. */
export function keyIdOf(publicKeyHex: string): string {
  return createHash('sha256')
    .update(canonicalJson(keyEntry(publicKeyHex)))
    .digest('hex');
}

/**
 * Makes a new Ed25519 key and keeps it in a file only its owner can read: PKCS#8, encrypted under the passphrase. `iterations`: how
 * often a guess at it is hashed, if not as often as one of a project that is used.
 * @throws USAGE (empty passphrase), KEY_EXISTS, DISK_FULL, FILE_DENIED, FILE_MISSING (no such folder)
 */
export async function createKeyFile(path: string, passphrase: string, iterations?: number): Promise<SigningKey> {
  if (passphrase === '') throw new AppError('USAGE', 'a key needs a passphrase');
  if (await isThere(path)) throw new AppError('KEY_EXISTS', `${path} is there already`, { details: { path } });
  const { privateKey } = generateKeyPairSync('ed25519');
  await writeFileAtomic(path, encryptedPem(privateKey, passphrase, iterations), 0o600);
  return signingKey(privateKey);
}

/** @throws KEY_MISSING, KEY_PASSPHRASE (wrong passphrase), KEY_INVALID (anything but such a file) */
export async function openKeyFile(path: string, passphrase: string): Promise<SigningKey> {
  return signingKey(await openPrivateKey(path, passphrase));
}

/** @throws as openKeyFile */
export async function openHotFixKey(path: string, passphrase: string): Promise<HotFixSigningKey> {
  const key = await openPrivateKey(path, passphrase);
  const telephone = telephoneKey(key);
  return { ...signingKey(key), telephone, telephoneHex: publicHex(telephone) };
}

async function openPrivateKey(path: string, passphrase: string): Promise<KeyObject> {
  const pem = (await readIfThere(path, MAX_KEY_FILE_BYTES))?.toString('utf8');
  if (pem === undefined) throw new AppError('KEY_MISSING', `${path} is not there`, { details: { path } });
  const der = Buffer.from(ENCRYPTED_PEM.exec(pem)?.groups?.['body'] ?? '', 'base64');
  // A wrong passphrase and a damaged file look much the same to OpenSSL; a cut file does not have the length it states.
  if (!isWhole(der)) throw new AppError('KEY_INVALID', `${path} is not an encrypted key`, { details: { path } });
  const key = decrypted(pem, passphrase, path);
  if (key.asymmetricKeyType !== 'ed25519')
    throw new AppError('KEY_INVALID', `${path} is not an Ed25519 key`, { details: { path } });
  return key;
}

/** Whether this is one DER sequence and nothing more. */
function isWhole(der: Buffer): boolean {
  if (der.length < 64 || der[0] !== 0x30) return false;
  const lengthBytes = (der[1] ?? 0) - 0x80;
  return (lengthBytes === 1 || lengthBytes === 2) && der.readUIntBE(2, lengthBytes) === der.length - 2 - lengthBytes;
}

function decrypted(pem: string, passphrase: string, path: string): KeyObject {
  try {
    return createPrivateKey({ key: pem, passphrase });
  } catch (error) {
    throw new AppError('KEY_PASSPHRASE', `the passphrase does not open ${path}`, { cause: error, details: { path } });
  }
}

/** The X25519 key that follows from an Ed25519 key: one file and one passphrase keep both, and neither says anything of the other. */
function telephoneKey(key: KeyObject): KeyObject {
  const own = key.export({ type: 'pkcs8', format: 'der' }).subarray(-32);
  const secret = Buffer.from(hkdfSync('sha256', own, '', 'lazaret hot-fix telephone key 1', 32));
  return createPrivateKey({ key: Buffer.concat([X25519_PKCS8, secret]), format: 'der', type: 'pkcs8' });
}

function publicHex(privateKey: KeyObject): string {
  return createPublicKey(privateKey).export({ type: 'spki', format: 'der' }).subarray(-32).toString('hex');
}

function signingKey(privateKey: KeyObject): SigningKey {
  const publicKeyHex = publicHex(privateKey);
  return { keyId: keyIdOf(publicKeyHex), publicKeyHex, sign: (data) => sign(null, data, privateKey) };
}
