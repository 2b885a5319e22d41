import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { test } from 'node:test';
import { Decrypter, Encrypter } from 'age-encryption';
import { ageDecrypting, ageEncrypting, ageIdentityFrom, ageRecipientOf } from './age-stream.ts';

const KIB = 1 << 10;
const identity = await ageIdentityFrom('a'.repeat(64), 'this test');
const recipient = await ageRecipientOf(identity);

/** What comes of bytes that pass in pieces of a length. */
function passed(bytes: Uint8Array, pieceBytes: number, through: ReturnType<typeof ageEncrypting>): Promise<Buffer> {
  const pieces = Array.from({ length: Math.ceil(bytes.length / pieceBytes) }, (_, index) =>
    Buffer.from(bytes.subarray(index * pieceBytes, (index + 1) * pieceBytes)),
  );
  return new Promise((resolve, reject) => {
    pipeline(Readable.from(pieces), through, async (out: AsyncIterable<Buffer>) => resolve(await buffer(out))).catch(
      reject,
    );
  });
}

const LENGTHS = [0, 1, 64 * KIB - 1, 64 * KIB, 64 * KIB + 1, 128 * KIB, 300_000];

test('what is encrypted piece by piece is an age file as the library makes and reads it', async () => {
  for (const length of LENGTHS) {
    const bytes = randomBytes(length);
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    const ours = await passed(bytes, 50_000, ageEncrypting(recipient));
    assert.deepEqual(Buffer.from(await decrypter.decrypt(ours)), bytes, `${length}`);
    const encrypter = new Encrypter();
    encrypter.addRecipient(recipient);
    const theirs = await encrypter.encrypt(bytes);
    for (const pieceBytes of [length + 1000, 50_000, 100])
      assert.deepEqual(await passed(theirs, pieceBytes, ageDecrypting(identity)), bytes, `${length} by ${pieceBytes}`);
  }
});

test('the same secret and purpose give the same identity, others another', async () => {
  const of = async (secret: string, purpose: string) => ageRecipientOf(await ageIdentityFrom(secret, purpose));
  assert.equal(await of('a'.repeat(64), 'this test'), recipient);
  assert.notEqual(await of('b'.repeat(64), 'this test'), recipient);
  assert.notEqual(await of('a'.repeat(64), 'another'), recipient);
});

test('what was changed, cut or added to, or is for somebody else, is not read', async () => {
  const bytes = randomBytes(200_000);
  const whole = await passed(bytes, 50_000, ageEncrypting(recipient));
  const fails = (what: Buffer, by = identity) => assert.rejects(passed(what, 50_000, ageDecrypting(by)));
  for (let at = 0; at < whole.length; at += 9973) {
    const changed = Buffer.from(whole);
    changed[at] = (changed[at] ?? 0) ^ 1;
    await fails(changed);
  }
  for (const length of [0, 10, 100, whole.length - 1, whole.length - (200_000 % (64 * KIB)) - 16])
    await fails(whole.subarray(0, length));
  await fails(Buffer.concat([whole, Buffer.alloc(16)]));
  await fails(bytes);
  await fails(whole, await ageIdentityFrom('b'.repeat(64), 'this test'));
});
