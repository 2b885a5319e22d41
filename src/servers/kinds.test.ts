import assert from 'node:assert/strict';
import { test } from 'node:test';
import { directory } from './directory/directory.ts';
import { folder } from './folder.ts';
import type { ServerKind } from './kind.ts';
import { kindThat, neededFor, PolicyServer } from './kinds.ts';
import { deployTarget, unaskedTarget } from './put.ts';
import { rsync } from './rsync.ts';
import { web } from './web.ts';

const PLACE = 'CN=Lazaret,DC=example';
const ROWS: [address: string, kind: ServerKind | undefined, needed?: string][] = [
  ['https://policies.example/lazaret/policies', web, 'policies.example 443'],
  ['http://10.1.2.3:8470/policies', web, '10.1.2.3 8470'],
  ['http://[2001:db8::1]/policies', web, '2001:db8::1 80'],
  ['https://user:secret@policies.example:8443/', web, 'policies.example 8443'],
  [`ldaps://dc1.example/${PLACE}`, directory, 'dc1.example 636'],
  [`ldap://dc1.example/${PLACE}`, directory, 'dc1.example 389'],
  ['file:///srv/policies', folder],
  ['/srv/policies', folder],
  ['srv', folder],
  ['no address', folder],
  ['www@server:/srv/policies', rsync],
  ['server:/srv/policies', rsync],
  // No option of ssh.
  ['-oProxyCommand=x:/y', folder],
  ['file://server/policies', undefined],
  ['file:///srv%2Fpolicies', undefined],
  ['ldaps://dc1.example', undefined],
  ['https://a%20b/', undefined],
  ['s3://bucket/policies', undefined],
  ['mailto:joe', undefined],
  ['', undefined],
];
for (const [address, kind, needed] of ROWS)
  test(`${address || 'nothing'} is of ${kind ? `the kind ${kind.form}` : 'no kind'}`, () => {
    const servers = neededFor([address]).map(({ host, port }) => `${host} ${port}`);

    assert.equal(kindThat('owns', address), kind);
    assert.deepEqual(servers, needed === undefined ? [] : [needed]);
  });

test('policies are put where a kind can, and unasked into a directory alone', () => {
  for (const address of ['https://server/policies', 'ldaps://dc1', 's3://bucket'])
    assert.throws(() => deployTarget(address), { code: 'USAGE' }, address);
  assert.equal(deployTarget('www@server:/srv').kind, rsync);
  assert.equal(unaskedTarget(`ldaps://dc1/${PLACE}`)?.kind, directory);
  for (const address of [undefined, 'https://server/policies', 'file:///srv/policies'])
    assert.equal(unaskedTarget(address), undefined);
});

test('a project names a policy server by an address of a kind that can be read, and is told which there are', () => {
  for (const address of ['ftp://server/', '/srv/policies', 'www@server:/srv/policies', 'server:/srv/policies'])
    assert.equal(PolicyServer.safeParse(address).success, false, address);
  assert.match(
    String(PolicyServer.safeParse('ftp://server/').error),
    /ldaps:\/\/HOST\/DN, https:\/\/HOST\/PATH, a folder/,
  );
});
