import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rotateRoot, signAgain } from '../../src/trust/sign/rotate.ts';
import { trustedNow } from '../../src/trust/verify/time.ts';
import { DAY_MS, NOW, newKey, trustProject } from '../fakes/trust-project.ts';

const refused = (code: string) => ({ name: 'AppError', code });
const AHEAD = NOW + 730 * DAY_MS;

type Project = Awaited<ReturnType<typeof trustProject>>;

/** A computer that saw both repositories signed two years ahead, and then as they ought to be, under the same keys. */
async function ahead(p: Project) {
  await p.pin();
  await p.release('packages', {}, AHEAD);
  await p.release('policies', {}, AHEAD);
  await p.refresh('packages');
  await p.refresh('policies');
  await p.release('policies');
}

async function change(p: Project, repository: 'packages' | 'policies'): Promise<void> {
  const key = newKey();
  const { root } = p.keys;
  await rotateRoot(p[repository], { oldKeys: [root], newRootKeys: [root], threshold: 1, roleKeys: [key], now: NOW });
  await signAgain(p[repository], key, NOW);
}

for (const order of [
  ['packages', 'policies', 'packages'],
  ['policies', 'policies', 'packages'],
] as const) {
  test(`a computer that saw times two years ahead comes back by new keys: ${order.join(', then ')}`, async (t) => {
    const p = await trustProject(t);
    await ahead(p);
    const seen = await trustedNow(p.trust, NOW);
    assert.ok(seen >= AHEAD, 'a later release under the same keys does not take the time back');

    for (const repository of ['packages', 'policies'] as const) await change(p, repository);
    for (const repository of order) {
      const { signedAt } = await p.refresh(repository);
      assert.equal(signedAt, NOW, 'under new keys time counts afresh');
    }

    assert.equal(await trustedNow(p.trust, NOW), NOW);
  });
}

test('new keys of policies alone are enough for policies, whatever time packages were signed at', async (t) => {
  const p = await trustProject(t);
  await p.pin();
  await p.refresh('policies').catch(() => undefined);
  await p.refresh('packages');
  await p.refresh('policies');
  await p.release('packages', {}, AHEAD);
  await p.refresh('packages');
  await assert.rejects(p.refresh('policies'), refused('TRUST_EXPIRED'));

  await change(p, 'policies');

  await p.refresh('policies');
  await p.refresh('policies');
  assert.equal(await trustedNow(p.trust, NOW), NOW);
});

test('what has expired by a signed time alone says both times, and who can help', async (t) => {
  const p = await trustProject(t);
  await p.pin();
  await p.refresh('packages');
  await p.refresh('policies');
  await p.release('packages', {}, AHEAD);
  await p.refresh('packages');

  await assert.rejects(p.refresh('policies'), {
    ...refused('TRUST_EXPIRED'),
    message: /it is 2028-10-31, by this computer’s clock 2026-11-01.* administrator has to change the keys/,
  });
});

test('a rotation that was not published yet is signed again once, for as long as before', async (t) => {
  const p = await trustProject(t);
  await p.pin();
  await p.refresh('packages');
  const key = newKey();
  const { root } = p.keys;
  await rotateRoot(p.packages, { oldKeys: [root], newRootKeys: [root], threshold: 1, roleKeys: [key], now: NOW });
  await signAgain(p.packages, key, NOW + DAY_MS);
  await signAgain(p.packages, key, NOW + 2 * DAY_MS);

  const release = await p.refresh('packages');
  assert.deepEqual([release.version, release.signedAt], [2, NOW + DAY_MS]);
  assert.equal(release.expiresAt - release.signedAt, 365 * DAY_MS);
});
