import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { folderSource } from '../../src/sys/sources/folder-source.ts';
import type { SigningKey } from '../../src/trust/sign/keys.ts';
import { publish } from '../../src/trust/sign/repository.ts';
import { rotateRoot } from '../../src/trust/sign/rotate.ts';
import { newRoot, signed } from '../../src/trust/sign/signing.ts';
import { pinProject } from '../../src/trust/verify/client.ts';
import { refresh } from '../../src/trust/verify/refresh.ts';
import { trustedNow } from '../../src/trust/verify/time.ts';
import { DAY_MS, forge, NOW, newKey, trustProject } from '../fakes/trust-project.ts';

const refused = (code: string) => ({ name: 'AppError', code });
const release = (key: SigningKey, now = NOW) => ({ add: new Map(), key, now, validForMs: 30 * DAY_MS });

test('computers follow a project to new keys, those that know it and those that do not', async (t) => {
  const p = await trustProject(t);
  await p.pin();
  await p.refresh('packages');
  await p.refresh('policies');
  const [root, packages, policies] = [newKey(), newKey(), newKey()];
  const rotation = { oldKeys: [p.keys.root], newRootKeys: [root], threshold: 1, now: NOW };

  await rotateRoot(p.packages, { ...rotation, roleKeys: [packages] });
  await rotateRoot(p.policies, { ...rotation, roleKeys: [policies] });
  await assert.rejects(publish(p.packages, release(p.keys.packages)), refused('KEY_INVALID'));
  await publish(p.packages, release(packages));
  await publish(p.policies, release(policies));

  for (const trust of [p.trust, join(p.folder, 'new')]) {
    await pinProject(trust, folderSource(p.packages), p.project.fingerprint);
    for (const [repository, folder] of [
      ['packages', p.packages],
      ['policies', p.policies],
    ] as const) {
      const now = await refresh(trust, repository, folderSource(folder), { now: NOW });
      assert.equal(now.version, 2);
      assert.equal(now.targets.length, 1);
    }
  }
});

test('after a rotation the old key signs nothing, and what it spent is given back', async (t) => {
  const p = await trustProject(t);
  await p.pin();
  const stolen = await p.copy(p.packages, 'stolen');
  await publish(stolen, release(p.keys.packages, NOW + 3600 * DAY_MS));
  await forge(join(stolen, 'metadata', 'timestamp.json'), [p.keys.packages], (part) => {
    part['version'] = Number.MAX_SAFE_INTEGER;
  });
  assert.equal((await p.refresh('packages', stolen)).version, Number.MAX_SAFE_INTEGER);
  await assert.rejects(p.refresh('packages'), refused('TRUST_ROLLBACK'));
  assert.equal(await trustedNow(p.trust, NOW), NOW + 3600 * DAY_MS);

  const key = newKey();
  await rotateRoot(p.packages, {
    oldKeys: [p.keys.root],
    newRootKeys: [p.keys.root],
    threshold: 1,
    roleKeys: [key],
    now: NOW,
  });
  await assert.rejects(p.refresh('packages'), refused('TRUST_SIGNATURE'));
  await publish(p.packages, release(key));

  assert.equal((await p.refresh('packages')).version, 2);
  assert.equal(await trustedNow(p.trust, NOW), NOW);
  await assert.rejects(p.refresh('packages', stolen), refused('TRUST_SIGNATURE'));
  for (const lost of ['packages.json', 'packages']) await rm(join(p.trust, lost), { recursive: true });
  await assert.rejects(p.refresh('packages', stolen), refused('TRUST_ROLLBACK'));
});

test('a root nobody signed in the name of the last one is refused', async (t) => {
  const p = await trustProject(t);
  await p.pin();
  const rotation = { newRootKeys: [newKey()], roleKeys: [p.keys.packages], threshold: 1, now: NOW };

  await assert.rejects(rotateRoot(p.packages, { ...rotation, oldKeys: [newKey()] }), refused('TRUST_SIGNATURE'));
  const contents = { repository: 'packages', projectName: 'Office', rootKeys: rotation.newRootKeys } as const;
  const root = newRoot({ ...contents, roleKeys: rotation.roleKeys, threshold: 1 }, 2, NOW + DAY_MS);
  await writeFile(join(p.packages, 'metadata', '2.root.json'), signed(root, rotation.newRootKeys));
  await assert.rejects(p.refresh('packages'), refused('TRUST_SIGNATURE'));
});

test('where two have to sign, one signer counts once', async (t) => {
  const p = await trustProject(t);
  await p.pin();
  const [one, two, role] = [newKey(), newKey(), p.keys.packages];
  const rotation = { newRootKeys: [one, two], roleKeys: [role], threshold: 2, now: NOW };
  await rotateRoot(p.packages, { ...rotation, oldKeys: [p.keys.root] });
  assert.equal((await p.refresh('packages')).version, 1);
  await assert.rejects(
    rotateRoot(p.packages, { ...rotation, oldKeys: [one], newRootKeys: [one, newKey()] }),
    refused('TRUST_SIGNATURE'),
  );

  const attempts: [title: string, code: string, signers: SigningKey[]][] = [
    ['one signature', 'TRUST_SIGNATURE', [one]],
    ['the same signature twice', 'TRUST_INVALID', [one, one]],
    ['one key under the name of the other', 'TRUST_SIGNATURE', [one, { ...one, keyId: two.keyId }]],
  ];
  for (const [title, code, signers] of attempts) {
    const forged = await p.copy(p.packages, title.replaceAll(' ', '-'));
    const path = join(forged, 'metadata', '3.root.json');
    await writeFile(
      path,
      signed(
        newRoot(
          { repository: 'packages', projectName: 'Office', rootKeys: [one, two], roleKeys: [role], threshold: 2 },
          3,
          NOW + DAY_MS,
        ),
        [],
      ),
    );
    await forge(path, signers);
    await assert.rejects(p.refresh('packages', forged), refused(code), title);
  }
});

test('a root that lists one key under two ids is refused', async (t) => {
  const p = await trustProject(t);
  await p.pin();
  const path = join(p.packages, 'metadata', '2.root.json');
  const alias = { ...p.keys.root, keyId: 'a'.repeat(64) };
  const contents = { repository: 'packages', projectName: 'Office', roleKeys: [p.keys.packages] } as const;
  const root = newRoot({ ...contents, rootKeys: [p.keys.root, alias], threshold: 2 }, 2, NOW + DAY_MS);
  await writeFile(path, signed(root, [p.keys.root, alias]));
  await assert.rejects(p.refresh('packages'), refused('TRUST_INVALID'));

  // Nor may it be a step on the way to one that is as it should be.
  const next = newRoot({ ...contents, rootKeys: [p.keys.root], threshold: 1 }, 3, NOW + DAY_MS);
  await writeFile(join(p.packages, 'metadata', '3.root.json'), signed(next, [p.keys.root, alias]));
  await assert.rejects(p.refresh('packages'), refused('TRUST_INVALID'));
});

test('policies of a project that two root keys hold need two distinct signers', async (t) => {
  const p = await trustProject(t);
  await p.pin();
  const other = newKey();
  const rotation = { oldKeys: [p.keys.root], newRootKeys: [p.keys.root, other], threshold: 2, now: NOW };
  await rotateRoot(p.packages, { ...rotation, roleKeys: [p.keys.packages] });
  await p.refresh('packages');

  await assert.rejects(p.refresh('policies'), refused('TRUST_SIGNATURE'));
  await rotateRoot(p.policies, { ...rotation, roleKeys: [p.keys.policies] });
  assert.equal((await p.refresh('policies')).version, 1);
});
