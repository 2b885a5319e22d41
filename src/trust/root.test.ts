import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { test } from 'node:test';
import { identityIn, parseRoot } from './root.ts';
import { keyIdOf, type SigningKey } from './sign/keys.ts';
import { newRoot, type RootContents, signed } from './sign/signing.ts';

const refused = (code: string) => ({ name: 'AppError', code });
const END = Date.parse('2036-01-01T00:00:00Z');

function newKey(): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const publicKeyHex = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('hex');
  return { keyId: keyIdOf(publicKeyHex), publicKeyHex, sign: (data) => sign(null, data, privateKey) };
}

const key = newKey();
const role = newKey();
const contents: RootContents = {
  repository: 'packages',
  projectName: 'Büro “Süd”',
  rootKeys: [key],
  threshold: 1,
  roleKeys: [role],
};

test('the same project gives the same fingerprint, any other another', () => {
  const first = identityIn(newRoot(contents, 1, END));

  assert.deepEqual(identityIn(parseRoot(signed(newRoot(contents, 1, END), [key]), 'it').signed), first);
  assert.match(first.fingerprint, /^[0-9a-f]{64}$/);
  for (const other of [{ projectName: 'Lab' }, { rootKeys: [newKey()] }, { roleKeys: [newKey()] }])
    assert.notEqual(identityIn(newRoot({ ...contents, ...other }, 1, END)).fingerprint, first.fingerprint);
});

test('policies carry the fingerprint of their project', () => {
  const fingerprint = 'ab'.repeat(32);
  const policies = newRoot({ ...contents, repository: 'policies', fingerprint }, 1, END);

  assert.deepEqual(identityIn(policies), { repository: 'policies', name: contents.projectName, fingerprint });
});

const alias = { ...key, keyId: 'a'.repeat(64) };
const unfit: [title: string, contents: Partial<RootContents>, version?: number][] = [
  ['without a name', { projectName: '' }],
  ['with a control character in its name', { projectName: 'a\nb' }],
  ['with half a character in its name', { projectName: '\ud800' }],
  ['of policies without a project', { repository: 'policies' }],
  ['of packages with a claimed fingerprint', { fingerprint: 'ab'.repeat(32) }],
  ['with more signers asked for than there are', { threshold: 2 }],
  ['with one key under two ids', { rootKeys: [key, alias], threshold: 2 }],
  ['of version 0', {}, 0],
  ['of a version that is no number', {}, Number.NaN],
];
for (const [title, change, version] of unfit) {
  test(`a root ${title} is refused`, () => {
    assert.throws(() => identityIn(newRoot({ ...contents, ...change }, version ?? 1, END)), refused('TRUST_INVALID'));
  });
}

test('a later root is no identity', () => {
  assert.throws(() => identityIn(newRoot(contents, 2, END)), refused('TRUST_INVALID'));
});

test('a root that does not sign itself is refused', () => {
  assert.throws(() => parseRoot(signed(newRoot(contents, 1, END), [role]), 'it'), refused('TRUST_SIGNATURE'));
  assert.throws(() => parseRoot(signed(newRoot(contents, 1, END), []), 'it'), refused('TRUST_SIGNATURE'));
});

test('a root with a date that is none is refused: it would never expire', () => {
  const bytes = signed(newRoot(contents, 1, END), [key])
    .toString()
    .replace('2036-01-01T00:00:00Z', 'never');

  assert.throws(() => parseRoot(Buffer.from(bytes), 'it'), refused('TRUST_INVALID'));
});

for (const text of ['', '[]', '{}', '{"signed":{}}', '{"signed":1,"signatures":[]}', '"x"', `${'['.repeat(20_000)}`]) {
  test(`${text.slice(0, 30) || 'nothing'} is no root`, () => {
    assert.throws(() => parseRoot(Buffer.from(text), 'it'), refused('TRUST_INVALID'));
  });
}
