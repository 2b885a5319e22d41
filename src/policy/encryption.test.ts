import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Authentication } from './authentication.ts';
import { checkEncryption, Encryption, unenforcedEncryption } from './encryption.ts';

const PASSWORD = Authentication.parse({ type: 'password' });
const NONE = Authentication.parse({ type: 'none' });
const SCRIPT = Authentication.parse({ type: 'script', file: 'card.sh' });
const ACCOUNTS = Authentication.parse({ type: 'users-and-groups', users: ['anna'] });

const ROWS: [title: string, asked: object, authentication: Authentication | undefined, unenforced: string[]][] = [
  ['nothing', {}, NONE, []],
  ['disks, and a password', { disks: true }, PASSWORD, []],
  ['disks, and a script', { disks: true }, SCRIPT, []],
  ['disks, and accounts', { disks: true }, ACCOUNTS, ['encryption.disks']],
  ['disks, and nobody who is asked', { disks: true }, undefined, ['encryption.disks']],
  ['the configuration', { configuration: true }, PASSWORD, ['encryption.configuration']],
  ['recovery', { disks: true, recovery: true }, PASSWORD, []],
];
for (const [title, asked, authentication, unenforced] of ROWS)
  test(`encryption, ${title}: not enforced are ${unenforced.join() || 'none'}`, () => {
    const policy = { encryption: Encryption.parse(asked), ...(authentication ? { authentication } : {}) };
    assert.deepEqual(unenforcedEncryption(policy), unenforced);
  });

test('fact 22: encryption cannot be chosen where nobody is asked', () => {
  const encryption = Encryption.parse({ disks: true });
  assert.equal(checkEncryption({ encryption, authentication: NONE }).length, 1);
  assert.equal(checkEncryption({ encryption }).length, 1);
  assert.deepEqual(checkEncryption({ encryption, authentication: PASSWORD }), []);
});
