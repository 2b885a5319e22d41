import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PolicyServer } from '../kinds.ts';
import { directoryAddress } from './directory-address.ts';

const BASE = 'CN=Lazaret,CN=System,DC=example,DC=org';

test('an address of a directory names host, port, kind of TLS and place', () => {
  const plain = { host: 'dc1.example.org', port: 636, startTls: false, base: BASE };

  assert.deepEqual(directoryAddress(`ldaps://dc1.example.org/${BASE}`), plain);
  assert.deepEqual(directoryAddress(`ldap://dc1.example.org/${BASE}`), { ...plain, port: 389, startTls: true });
  assert.deepEqual(directoryAddress(`ldaps://[::1]:1636/OU=Net%20Policies,${BASE}`), {
    ...plain,
    host: '::1',
    port: 1636,
    base: `OU=Net Policies,${BASE}`,
  });
});

test('what names no place, or brings a password, is refused where it is written', () => {
  const refused = ['ldaps://dc1', 'ldaps://dc1/', 'ldaps:///CN=x', 'ldaps://dc1/x', `ldaps://u:p@dc1/${BASE}`];
  for (const text of [
    ...refused,
    `ldaps://dc1/${BASE}?sub`,
    'ldaps://dc1/CN=%E0%A4',
    'ftp://server/',
    'server',
    'mailto:x',
    'server:/srv/x',
  ])
    assert.equal(PolicyServer.safeParse(text).success, false, text);
  for (const text of [`ldap://dc1/${BASE}`, 'https://server/policies', 'file:///srv/policies'])
    assert.equal(PolicyServer.safeParse(text).success, true, text);
});
