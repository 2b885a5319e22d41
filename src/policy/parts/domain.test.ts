import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Domain, domainName } from './domain.ts';

const ADDRESSES: [address: string, name: string | undefined][] = [
  ['ldaps://dc1.acme.example/DC=acme,DC=example', 'acme.example'],
  ['ldap://10.0.0.1:389/dc=Acme,%20dc=Example', 'acme.example'],
  ['ldaps://[2001:db8::1]/OU=people,DC=acme,DC=example', 'acme.example'],
  ['ldaps://dc1.acme.example', undefined],
  ['ldaps://dc1.acme.example/O=acme', undefined],
  ['https://dc1.acme.example/DC=acme', undefined],
];
for (const [address, name] of ADDRESSES)
  test(`${address} is ${name === undefined ? 'no domain' : `the domain ${name}`}`, () => {
    const { data } = Domain.safeParse({ address });
    assert.equal(data && domainName(data), name);
  });

test('what is no certificate does not vouch for a domain', () => {
  const address = 'ldaps://dc1.acme.example/DC=acme,DC=example';
  assert.ok(!Domain.safeParse({ address, ca: 'ca.pem' }).success);
  assert.ok(!Domain.safeParse({ ca: '-----BEGIN CERTIFICATE-----\n' }).success);
});
