import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createKeyFile, keyIdOf, openKeyFile } from './keys.ts';

const refused = (code: string) => ({ name: 'AppError', code });

async function keyPath(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lazaret-keys-'));
  t.after(() => rm(folder, { recursive: true }));
  return join(folder, 'root.pem');
}

test('a key file opens to the key it was made with, for its owner alone', async (t) => {
  const path = await keyPath(t);

  const made = await createKeyFile(path, 'open sesame');
  const opened = await openKeyFile(path, 'open sesame');

  assert.equal(opened.publicKeyHex, made.publicKeyHex);
  assert.equal(opened.keyId, keyIdOf(made.publicKeyHex));
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.deepEqual(await readdir(join(path, '..')), ['root.pem']);
  const publicKey = createPublicKey(createPrivateKey({ key: await readFile(path), passphrase: 'open sesame' }));
  assert.ok(verify(null, Buffer.from('data'), publicKey, opened.sign(Buffer.from('data'))));
});

test('a key file costs a guesser 600,000 rounds', async (t) => {
  const path = await keyPath(t);
  await createKeyFile(path, 'open sesame');

  const der = Buffer.from((await readFile(path, 'utf8')).replace(/-----.*-----/g, ''), 'base64');

  assert.ok(der.includes(Buffer.from('02030927c0', 'hex')));
});

test('an id is the SHA-256 of the key in canonical JSON', () => {
  const publicKeyHex = 'edcd0a32a07dce33f7c7873aaffbff36d20ea30787574ead335eefd337e4dacd';

  // printf '{"keytype":"ed25519","keyval":{"public":"edcd…dacd"},"scheme":"ed25519"}' | sha256sum
  assert.equal(keyIdOf(publicKeyHex), '2345a90ad8d76f3677f9ad6695b0ba0b5c7b7fbf27fb0ed35fbdf7b71264a679');
});

test('a wrong passphrase, a missing, cut, open or foreign file: each has its code', async (t) => {
  const path = await keyPath(t);
  await createKeyFile(path, 'open sesame');
  const pem = await readFile(path, 'utf8');
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;

  await assert.rejects(createKeyFile(path, 'again'), refused('KEY_EXISTS'));
  await assert.rejects(createKeyFile(`${path}.2`, ''), refused('USAGE'));
  await assert.rejects(openKeyFile(path, 'Open sesame'), refused('KEY_PASSPHRASE'));
  await assert.rejects(openKeyFile(path, ''), refused('KEY_PASSPHRASE'));
  await assert.rejects(openKeyFile(`${path}.lost`, 'open sesame'), refused('KEY_MISSING'));
  const broken: [what: string, text: string, code: string][] = [
    ['empty', '', 'KEY_INVALID'],
    ['cut', `${pem.slice(0, 120)}\n-----END ENCRYPTED PRIVATE KEY-----\n`, 'KEY_INVALID'],
    ['twice', pem + pem, 'KEY_INVALID'],
    ['not encrypted', rsa.export({ type: 'pkcs8', format: 'pem' }).toString(), 'KEY_INVALID'],
    [
      'of another kind',
      rsa.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open sesame' }).toString(),
      'KEY_INVALID',
    ],
  ];
  for (const [what, text, code] of broken) {
    await writeFile(path, text);
    await assert.rejects(openKeyFile(path, 'open sesame'), refused(code), what);
  }
});
