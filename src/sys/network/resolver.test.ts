import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseResolvers, upstreamResolvers } from './resolver.ts';

test('resolvers that a namespace can reach are taken, three at most, each once', () => {
  const text = `# comment\nnameserver 127.0.0.53\nnameserver 192.0.2.1\n nameserver 192.0.2.1 \nnameserver fe80::1%eth0
search example\nnameserver 0.0.0.0\nnameserver 192.0.2.2\nnameserver 192.0.2.3\nnameserver 192.0.2.4\nnameserver 999.1.1.1`;

  assert.deepEqual(parseResolvers(text), ['192.0.2.1', '192.0.2.2', '192.0.2.3']);
});

test('a file that names only a stub gives way to the next', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'lazaret-'));
  t.after(() => rm(folder, { recursive: true }));
  const [stub, real] = [join(folder, 'stub'), join(folder, 'real')];
  await writeFile(stub, 'nameserver 127.0.0.53\n');
  await writeFile(real, 'nameserver 192.0.2.1\n');

  assert.deepEqual(await upstreamResolvers([stub, real]), ['192.0.2.1']);
  assert.deepEqual(await upstreamResolvers([stub, join(folder, 'missing')]), []);
});
