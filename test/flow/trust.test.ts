import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { addressOf } from '../../src/sys/fetch.ts';
import { openCached, pinnedProject, pinProject, refresh } from '../../src/trust/client.ts';
import { identityOf } from '../../src/trust/identity.ts';
import { createKeyFile } from '../../src/trust/keys.ts';
import { createRepository, publish } from '../../src/trust/repository.ts';
import { parseVerified } from '../../src/trust/verified.ts';

test('happy', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'lazaret-trust-'));
  t.after(() => rm(folder, { recursive: true }));
  const now = Date.parse('2026-11-01T00:00:00Z');
  const [rootKey, releaseKey, policyKey] = await Promise.all(
    ['a', 'b', 'c'].map((n) => createKeyFile(join(folder, n), 'secret')),
  );
  assert.ok(rootKey && releaseKey && policyKey);
  const p = join(folder, 'packages');
  const q = join(folder, 'policies');
  const id = await createRepository(p, {
    repository: 'packages',
    projectName: 'Büro 1',
    rootKey,
    roleKey: releaseKey,
    now,
  });
  await createRepository(q, {
    repository: 'policies',
    projectName: 'Büro 1',
    fingerprint: id.fingerprint,
    rootKey,
    roleKey: policyKey,
    now,
  });
  await publish(p, {
    add: new Map([['one.json', Buffer.from('{"a":1}')]]),
    key: releaseKey,
    now,
    validForMs: 86_400_000,
  });
  await publish(q, {
    add: new Map([['pol.json', Buffer.from('{"b":1}')]]),
    key: policyKey,
    now,
    validForMs: 86_400_000,
  });
  const trust = join(folder, 'trust');
  assert.deepEqual(await identityOf(addressOf(p)), id);
  await pinProject(trust, addressOf(p), id.fingerprint);
  assert.deepEqual(await pinnedProject(trust), id);
  const r = await refresh(trust, 'packages', addressOf(p), { now });
  assert.deepEqual(parseVerified(await r.read('one.json', 100), z.strictObject({ a: z.int() }), 'x').value, { a: 1 });
  const s = await refresh(trust, 'policies', addressOf(q), { now });
  assert.equal(s.targets.length, 1);
  assert.equal(
    (await publish(p, { add: new Map(), key: releaseKey, now: now + 5000, validForMs: 86_400_000 })).version,
    2,
  );
  assert.equal((await refresh(trust, 'packages', addressOf(p), { now })).version, 2);
  assert.equal((await openCached(trust, 'packages', now))?.version, 2);
});
