import assert from 'node:assert/strict';
import { createPrivateKey, diffieHellman, hkdfSync } from 'node:crypto';
import { test } from 'node:test';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { fromAgeFile, inAgeFile } from './file.ts';
import { halfIn, RECOVERY_SECRET_BYTES, recoverable, recoverySecret, whoWasTold } from './recovery.ts';
import { identityKey, publicKeyOf, recipientBytes } from './x25519.ts';

async function made() {
  const identity = await generateX25519Identity();
  const recipient = await identityToRecipient(identity);
  const bytes = await inAgeFile('text', recipient, recoverable(recipient));
  return { identity, recipient, bytes, half: (await halfIn(bytes)) ?? assert.fail('no half') };
}

test('the secret that the recovery key’s holder works out from a public half opens that file, and no other', async () => {
  const { identity, recipient, bytes, half } = await made();
  const secret = recoverySecret(half, identity) ?? assert.fail('no secret');
  assert.equal(secret.length, RECOVERY_SECRET_BYTES);
  assert.equal(await fromAgeFile(bytes, whoWasTold(secret)), 'text');

  const again = await inAgeFile('text', recipient, recoverable(recipient));
  assert.notDeepEqual(await halfIn(again), half, 'each file has a pair of its own');
  assert.equal(await fromAgeFile(again, whoWasTold(secret)), undefined);
  const stranger = recoverySecret(half, await generateX25519Identity()) ?? assert.fail('no secret');
  assert.equal(await fromAgeFile(bytes, whoWasTold(stranger)), undefined);
});

test('it follows as docs/formats/hot-fix.md §8 says', async () => {
  const { identity, recipient, half } = await made();
  const shared = diffieHellman({ privateKey: identityKey(identity), publicKey: publicKeyOf(half) });
  const salt = Buffer.concat([half, recipientBytes(recipient)]);
  const expected = Buffer.from(hkdfSync('sha256', shared, salt, 'lazaret recovery 1', 15));
  assert.deepEqual(recoverySecret(half, identity), expected);
  assert.equal(
    createPrivateKey(identityKey(identity).export({ format: 'pem', type: 'pkcs8' })).asymmetricKeyType,
    'x25519',
  );
});

test('a half of small order has no secret, and what is no key of age is none', async () => {
  const { identity } = await made();
  assert.equal(recoverySecret(Buffer.alloc(32), identity), undefined);
  assert.throws(() => recipientBytes('age1wrong'));
  assert.throws(() => recipientBytes(identity));
});
