import { createCipheriv, createDecipheriv, createHash, pbkdf2Sync, randomBytes, randomUUID } from 'node:crypto';

/** What is encrypted on its own, and has the number of its place as its tweak. */
export const SECTOR = 512;
/** Bytes before the first sector of what is encrypted: the header, and room for eight slots of keys. */
export const LUKS_BYTES = 2 << 20;

const MAGIC = Buffer.from('LUKS\xba\xbe', 'latin1');
const KEY_BYTES = 64;
const DIGEST_BYTES = 20;
const STRIPES = 4000;
const SLOTS = 8;
const FIRST_SLOT_SECTOR = 8;
const SLOT_SECTORS = 504;
/** What opens a file is random: to make guesses slow would protect nothing, and every opening would wait. */
const ITERATIONS = 1000;
const [ACTIVE, INACTIVE] = [0x00ac71f3, 0x0000dead];
const AT = { payload: 104, keyBytes: 108, digest: 112, salt: 132, iterations: 164, uuid: 168, slots: 208 };
const SLOT = { bytes: 48, iterations: 4, salt: 8, sector: 40, stripes: 44 };

/** The beginning of a file that is encrypted as LUKS1, and the key of its sectors. */
export interface LuksHead {
  bytes: Buffer;
  sectorKey: Buffer;
}

/** Whether a file begins as one of LUKS, of any version. */
export function isLuks(beginning: Uint8Array): boolean {
  return MAGIC.equals(beginning.subarray(0, MAGIC.length));
}

/** A new head, with a key for its sectors that no other file has. QEMU and cryptsetup open it by the same text. */
export function makeLuksHead(secret: string): LuksHead {
  const sectorKey = randomBytes(KEY_BYTES);
  const bytes = Buffer.alloc((FIRST_SLOT_SECTOR + SLOT_SECTORS) * SECTOR);
  MAGIC.copy(bytes, 0);
  bytes.writeUInt16BE(1, 6);
  bytes.write('aes', 8, 'latin1');
  bytes.write('xts-plain64', 40, 'latin1');
  bytes.write('sha256', 72, 'latin1');
  bytes.writeUInt32BE(LUKS_BYTES / SECTOR, AT.payload);
  bytes.writeUInt32BE(KEY_BYTES, AT.keyBytes);
  const salt = randomBytes(32);
  derive(sectorKey, salt, ITERATIONS, DIGEST_BYTES).copy(bytes, AT.digest);
  salt.copy(bytes, AT.salt);
  bytes.writeUInt32BE(ITERATIONS, AT.iterations);
  bytes.write(randomUUID(), AT.uuid, 'latin1');
  for (let slot = 0; slot < SLOTS; slot += 1) {
    const at = AT.slots + slot * SLOT.bytes;
    bytes.writeUInt32BE(slot === 0 ? ACTIVE : INACTIVE, at);
    bytes.writeUInt32BE(FIRST_SLOT_SECTOR + slot * SLOT_SECTORS, at + SLOT.sector);
    bytes.writeUInt32BE(STRIPES, at + SLOT.stripes);
  }
  const slotSalt = randomBytes(32);
  bytes.writeUInt32BE(ITERATIONS, AT.slots + SLOT.iterations);
  slotSalt.copy(bytes, AT.slots + SLOT.salt);
  const split = splitKey(sectorKey);
  cipherSectors('encrypt', derive(secret, slotSalt, ITERATIONS, KEY_BYTES), split, 0);
  split.copy(bytes, FIRST_SLOT_SECTOR * SECTOR);
  return { bytes, sectorKey };
}

/** How much of a file `openLuksHead` wants to see. */
export const LUKS_HEAD_BYTES = (FIRST_SLOT_SECTOR + SLOT_SECTORS) * SECTOR;

/** The key of a file’s sectors; undefined where the head is none of ours, is damaged, or is opened by another secret. */
export function openLuksHead(bytes: Buffer, secret: string): Buffer | undefined {
  if (bytes.length < LUKS_HEAD_BYTES || !isLuks(bytes) || bytes.readUInt16BE(6) !== 1) return undefined;
  const fixed = [
    bytes.readUInt32BE(AT.payload) === LUKS_BYTES / SECTOR,
    bytes.readUInt32BE(AT.keyBytes) === KEY_BYTES,
    bytes.readUInt32BE(AT.iterations) === ITERATIONS,
    bytes.readUInt32BE(AT.slots + SLOT.iterations) === ITERATIONS,
    bytes.readUInt32BE(AT.slots + SLOT.sector) === FIRST_SLOT_SECTOR,
  ];
  if (fixed.includes(false)) return undefined;
  const part = (at: number, length: number) => bytes.subarray(at, at + length);
  const split = Buffer.from(part(FIRST_SLOT_SECTOR * SECTOR, STRIPES * KEY_BYTES));
  cipherSectors('decrypt', derive(secret, part(AT.slots + SLOT.salt, 32), ITERATIONS, KEY_BYTES), split, 0);
  const sectorKey = mergeKey(split);
  const digest = derive(sectorKey, part(AT.salt, 32), ITERATIONS, DIGEST_BYTES);
  return digest.equals(part(AT.digest, DIGEST_BYTES)) ? sectorKey : undefined;
}

/** Encrypts or decrypts whole sectors where they stand; `first` is the number of the first of them. */
export function cipherSectors(how: 'encrypt' | 'decrypt', key: Buffer, bytes: Buffer, first: number): void {
  const make = how === 'encrypt' ? createCipheriv : createDecipheriv;
  const tweak = Buffer.alloc(16);
  for (let at = 0; at < bytes.length; at += SECTOR) {
    tweak.writeBigUInt64LE(BigInt(first + at / SECTOR));
    make('aes-256-xts', key, tweak)
      .update(bytes.subarray(at, at + SECTOR))
      .copy(bytes, at);
  }
}

function derive(secret: string | Buffer, salt: Buffer, iterations: number, length: number): Buffer {
  return pbkdf2Sync(secret, salt, iterations, length, 'sha256');
}

/** So many stripes that overwriting a few of them makes the key unreadable (LUKS1’s “AF splitter”). */
function splitKey(key: Buffer): Buffer {
  const stripes = randomBytes(STRIPES * KEY_BYTES);
  const last = stripes.subarray((STRIPES - 1) * KEY_BYTES);
  mixed(stripes).forEach((byte, at) => {
    last[at] = byte ^ (key[at] ?? 0);
  });
  return stripes;
}

function mergeKey(stripes: Buffer): Buffer {
  const last = stripes.subarray((STRIPES - 1) * KEY_BYTES);
  return Buffer.from(mixed(stripes).map((byte, at) => byte ^ (last[at] ?? 0)));
}

/** All stripes but the last, each mixed into what came before it. */
function mixed(stripes: Buffer): Buffer {
  let sum = Buffer.alloc(KEY_BYTES);
  for (let at = 0; at < (STRIPES - 1) * KEY_BYTES; at += KEY_BYTES) {
    for (let each = 0; each < KEY_BYTES; each += 1) sum[each] = (sum[each] ?? 0) ^ (stripes[at + each] ?? 0);
    sum = Buffer.concat([0, 1].map((half) => diffused(half, sum.subarray(half * 32, half * 32 + 32))));
  }
  return sum;
}

function diffused(half: number, bytes: Buffer): Buffer {
  return createHash('sha256')
    .update(Buffer.from([0, 0, 0, half]))
    .update(bytes)
    .digest();
}
