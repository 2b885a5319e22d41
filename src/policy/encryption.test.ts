import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Authentication } from './authentication.ts';
import { checkEncryption, Encryption } from './encryption.ts';

const PASSWORD = Authentication.parse({ type: 'password' });
const NONE = Authentication.parse({ type: 'none' });
const SCRIPT = Authentication.parse({ type: 'script', file: 'card.sh' });
const ACCOUNTS = Authentication.parse({ type: 'users-and-groups', users: ['anna'] });

const ROWS: [title: string, asked: object, authentication: Authentication | undefined, wrong: string[]][] = [
  ['nothing', {}, NONE, []],
  ['disks, and a password', { disks: true }, PASSWORD, []],
  ['disks, and a script', { disks: true }, SCRIPT, []],
  ['disks, and accounts', { disks: true }, ACCOUNTS, ['encryption.disks']],
  ['disks, and nobody who is asked', { disks: true }, undefined, ['encryption.disks']],
  ['the configuration, and nobody who is asked', { configuration: true }, undefined, []],
  ['the configuration, and a password', { configuration: true }, PASSWORD, []],
  ['recovery', { disks: true, recovery: true }, PASSWORD, []],
  ['recovery of what a script writes', { disks: true, recovery: true }, SCRIPT, ['encryption.recovery']],
  ['recovery of nothing', { recovery: true }, PASSWORD, ['encryption.recovery']],
];
for (const [title, asked, authentication, wrong] of ROWS)
  test(`encryption, ${title}: wrong is ${wrong.join() || 'nothing'}`, () => {
    const policy = { encryption: Encryption.parse(asked), ...(authentication ? { authentication } : {}) };
    assert.deepEqual(
      checkEncryption(policy).map(({ path }) => path.join('.')),
      wrong,
    );
  });

test('fact 22: encryption cannot be chosen where nobody is asked', () => {
  const encryption = Encryption.parse({ disks: true });
  assert.equal(checkEncryption({ encryption, authentication: NONE }).length, 1);
  assert.equal(checkEncryption({ encryption }).length, 1);
  assert.deepEqual(checkEncryption({ encryption, authentication: PASSWORD }), []);
});
