import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseResolvers, resolversNow } from './resolver.ts';

test('the resolvers of a computer are those its programs ask, stubs and those of IPv6 too: three at most, each once', () => {
  const text = `# comment\nnameserver 127.0.0.53\nnameserver 2001:db8::53\n nameserver 127.0.0.53 \nnameserver 999.1.1.1
search example\nnameserver fe80::1%eth0\nnameserver 192.0.2.2`;

  assert.deepEqual(parseResolvers(text), ['127.0.0.53', '2001:db8::53', 'fe80::1%eth0']);
});

test('a file is read anew each time; where there is none, there is nobody to ask', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'lazaret-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'resolv.conf');

  assert.deepEqual(await resolversNow({ file }), []);
  for (const address of ['192.0.2.1', '::1']) {
    await writeFile(file, `nameserver ${address}\n`);
    assert.deepEqual(await resolversNow({ file }), [address]);
  }
  assert.deepEqual(await resolversNow({ addresses: ['192.0.2.9'] }), ['192.0.2.9']);
});
