import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { AppError } from '../../lib/errors.ts';

/** What the key of a TPM’s state is derived for. */
const PURPOSE = 'lazaret tpm state';
const CIPHER = 'aes-256-cbc';

/** How swtpm writes a state (its src/swtpm/swtpm_nvstore.c): this header, and parts behind it. */
const HEADER_BYTES = 10;
const VERSION = 2;
const LEAST_VERSION = 1;
/** Flags of the header: it is encrypted; its key has 256 bits. */
const ENCRYPTED = 0x1;
const LONG_KEY = 0x8;
const DATA = 1;
const ENCRYPTED_DATA = 2;
const HMAC = 3;
const IVEC = 6;
/** Half of what swtpm writes is used. */
const IVEC_BYTES = 32;
const USED_IVEC_BYTES = 16;
const PART_BYTES = 6;

/** What the state of a machine’s TPM is encrypted with, in hexadecimal digits: it opens no disk. */
export function tpmKey(diskKey: string): string {
  return Buffer.from(hkdfSync('sha256', diskKey, '', PURPOSE, 32)).toString('hex');
}

/** Whether a state is encrypted. */
export function isLockedState(state: Buffer): boolean {
  return state.length >= HEADER_BYTES && (state.readUInt16BE(4) & ENCRYPTED) !== 0;
}

/** A state that lies in clear, as swtpm would write it with that key. @throws FILE_INVALID */
export function lockedState(state: Buffer, key: string): Buffer {
  const clear = part(partsOf(state), DATA);
  const bytes = Buffer.from(key, 'hex');
  const ivec = randomBytes(IVEC_BYTES);
  const cipher = createCipheriv(CIPHER, bytes, ivec.subarray(0, USED_IVEC_BYTES));
  const encrypted = Buffer.concat([cipher.update(clear), cipher.final()]);
  const parts: [number, Buffer][] = [
    [ENCRYPTED_DATA, encrypted],
    [HMAC, hmacOf(bytes, encrypted, ivec)],
    [IVEC, ivec],
  ];
  return written(parts, ENCRYPTED | LONG_KEY);
}

/** A state that swtpm wrote with that key, in clear. @throws FILE_INVALID, also where the key is another */
export function clearState(state: Buffer, key: string): Buffer {
  const parts = partsOf(state);
  const [encrypted, hmac, ivec] = [part(parts, ENCRYPTED_DATA), part(parts, HMAC), part(parts, IVEC)];
  const bytes = Buffer.from(key, 'hex');
  const right = hmacOf(bytes, encrypted, ivec);
  if (hmac.length !== right.length || !timingSafeEqual(hmac, right)) throw invalid('is not of this key');
  const decipher = createDecipheriv(CIPHER, bytes, ivec.subarray(0, USED_IVEC_BYTES));
  return written([[DATA, Buffer.concat([decipher.update(encrypted), decipher.final()])]], 0);
}

function hmacOf(key: Buffer, encrypted: Buffer, ivec: Buffer): Buffer {
  return createHmac('sha256', key).update(encrypted).update(ivec).digest();
}

function written(parts: readonly [number, Buffer][], flags: number): Buffer {
  const body = parts.flatMap(([tag, bytes]) => {
    const head = Buffer.alloc(PART_BYTES);
    head.writeUInt16BE(tag);
    head.writeUInt32BE(bytes.length, 2);
    return [head, bytes];
  });
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt8(VERSION);
  header.writeUInt8(LEAST_VERSION, 1);
  header.writeUInt16BE(HEADER_BYTES, 2);
  header.writeUInt16BE(flags, 4);
  const whole = Buffer.concat([header, ...body]);
  whole.writeUInt32BE(whole.length, 6);
  return whole;
}

function partsOf(state: Buffer): ReadonlyMap<number, Buffer> {
  const isKnown = state.length >= HEADER_BYTES && state.readUInt8(1) <= VERSION;
  if (!isKnown || state.readUInt32BE(6) !== state.length) throw invalid('is not as swtpm writes it');
  const parts = new Map<number, Buffer>();
  let at = state.readUInt16BE(2);
  while (at + PART_BYTES <= state.length) {
    const end = at + PART_BYTES + state.readUInt32BE(at + 2);
    if (end > state.length) throw invalid('is cut off');
    parts.set(state.readUInt16BE(at), state.subarray(at + PART_BYTES, end));
    at = end;
  }
  return parts;
}

function part(parts: ReadonlyMap<number, Buffer>, tag: number): Buffer {
  const bytes = parts.get(tag);
  if (!bytes) throw invalid('lacks a part');
  return bytes;
}

function invalid(what: string): AppError {
  return new AppError('FILE_INVALID', `the state of a TPM ${what}`);
}
