import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { folderSource } from '../../src/sys/sources/folder-source.ts';
import type { Source } from '../../src/sys/sources/source.ts';
import { createRepository, publish } from '../../src/trust/sign/repository.ts';
import { rotateRoot } from '../../src/trust/sign/rotate.ts';
import { openCached } from '../../src/trust/verify/client.ts';
import { refresh } from '../../src/trust/verify/refresh.ts';
import { unchangedRelease } from '../../src/trust/verify/unchanged.ts';
import { DAY_MS, forge, NOW, newKey, trustProject } from '../fakes/trust-project.ts';

const refused = (code: string) => ({ name: 'AppError', code });

type Project = Awaited<ReturnType<typeof trustProject>>;

/** The packages of a project that took its release key back, as they were before, and with the new root alone. */
async function rotated(p: Project) {
  const before = await p.copy(p.packages, 'before');
  const key = newKey();
  const { root, packages } = p.keys;
  await rotateRoot(p.packages, { oldKeys: [root], newRootKeys: [root], threshold: 1, roleKeys: [key], now: NOW });
  await publish(p.packages, { add: new Map(), key, now: NOW, validForMs: 30 * DAY_MS });
  const withheld = await p.copy(p.packages, 'withheld');
  await rm(join(withheld, 'metadata', 'timestamp.json'));
  return { before, withheld, stolen: packages };
}

test('a new root holds though the rest of its release is kept away: the revoked key signs nothing more', async (t) => {
  const p = await trustProject(t);
  await p.pin();
  await p.refresh('packages');
  const { before, withheld, stolen } = await rotated(p);
  await publish(before, { add: new Map(), key: stolen, now: NOW, validForMs: 30 * DAY_MS });

  await assert.rejects(p.refresh('packages', withheld), refused('FETCH_MISSING'));

  await assert.rejects(p.refresh('packages', before), refused('TRUST_SIGNATURE'));
  assert.equal((await openCached(p.trust, 'packages', NOW))?.version, 1, 'what is used changes with a whole release');
  assert.equal((await p.refresh('packages')).version, 2);
});

test('a release of keys that a newer root took back does not count as unchanged', async (t) => {
  const p = await trustProject(t);
  await p.pin();
  await p.refresh('packages');
  const { before, withheld } = await rotated(p);
  const unchanged = () => unchangedRelease(p.trust, 'packages', folderSource(before), { now: NOW });
  assert.equal((await unchanged())?.version, 1);

  await assert.rejects(p.refresh('packages', withheld), refused('FETCH_MISSING'));

  assert.equal(await unchanged(), undefined);
});

test('each role is on disk before the next is asked for', async (t) => {
  const p = await trustProject(t);
  await p.pin();
  await p.release('packages');
  const kept = (role: string) => join(p.trust, 'packages', `${role}.json`);
  const seen: string[] = [];
  const source = folderSource(p.packages);
  const watched: Source = {
    ...source,
    open: (path, wanted) => {
      const role = /(\w+)\.json$/.exec(path)?.[1];
      if (role === 'snapshot') assert.ok(existsSync(kept('timestamp')));
      if (role === 'targets') assert.ok(existsSync(kept('snapshot')));
      if (role) seen.push(role);
      return source.open(path, wanted);
    },
  };

  await refresh(p.trust, 'packages', watched, { now: NOW });

  assert.deepEqual(seen, ['root', 'root', 'timestamp', 'snapshot', 'targets']);
  assert.deepEqual(readFileSync(kept('targets')), readFileSync(join(p.packages, 'metadata', '2.targets.json')));
});

test('a timestamp that was seen is not taken back, though its snapshot never came', async (t) => {
  const p = await trustProject(t);
  await p.pin();
  await p.refresh('packages');
  const second = await p.release('packages').then(() => p.copy(p.packages, 'second'));
  await p.release('packages');
  await rm(join(p.packages, 'metadata', '3.snapshot.json'));

  await assert.rejects(p.refresh('packages'), refused('FETCH_MISSING'));

  await assert.rejects(p.refresh('packages', second), refused('TRUST_ROLLBACK'));
  assert.equal((await openCached(p.trust, 'packages', NOW))?.version, 1);
});

test('kept roles that are lost or damaged count as none', async (t) => {
  const p = await trustProject(t);
  await p.pin();
  for (const role of ['root', 'timestamp', 'snapshot', 'targets']) {
    await p.refresh('packages');
    await writeFile(join(p.trust, 'packages', `${role}.json`), '{');
    assert.equal((await p.refresh('packages')).version, 1, role);
  }
  await rm(join(p.trust, 'packages'), { recursive: true });
  assert.equal((await p.refresh('packages')).version, 1);
});

test('nothing is kept of policies that nobody of the project signed', async (t) => {
  const p = await trustProject(t);
  await p.pin();
  await p.refresh('packages');
  const forged = join(p.folder, 'forged');
  const [rootKey, roleKey] = [newKey(), newKey()];
  const { name: projectName, fingerprint } = p.project;
  await createRepository(forged, { repository: 'policies', projectName, fingerprint, rootKey, roleKey, now: NOW });
  await publish(forged, { add: new Map(), key: roleKey, now: NOW, validForMs: DAY_MS });

  await assert.rejects(p.refresh('policies', forged), refused('TRUST_SIGNATURE'));

  assert.ok(!existsSync(join(p.trust, 'policies')));
  await assert.rejects(p.refresh('policies', forged), refused('TRUST_SIGNATURE'));
  assert.equal((await p.refresh('policies')).version, 1);
});

/** Lists a SHA-512 beside the SHA-256 of the one target. */
async function withSha512(p: Project, sha512: string): Promise<void> {
  const metadata = join(p.packages, 'metadata');
  const sha256 = createHash('sha256').update('{"release":1}').digest('hex');
  const list = await forge(join(metadata, '1.targets.json'), [p.keys.packages], (signed) => {
    signed['targets'] = { 'office.json': { length: 13, hashes: { sha512, sha256 } } };
  });
  const snapshot = await forge(join(metadata, '1.snapshot.json'), [p.keys.packages], (signed) => {
    signed['meta'] = { 'targets.json': { version: 1, length: list.length } };
  });
  await forge(join(metadata, 'timestamp.json'), [p.keys.packages], (signed) => {
    signed['meta'] = { 'snapshot.json': { version: 1, length: snapshot.length } };
  });
}

test('a SHA-512 beside the SHA-256 of a file is no fault, and has to hold', async (t) => {
  const right = await trustProject(t);
  await right.pin();
  await withSha512(right, createHash('sha512').update('{"release":1}').digest('hex'));
  const release = await right.refresh('packages');
  assert.equal((await release.read('office.json', 100)).value.toString(), '{"release":1}');

  const wrong = await trustProject(t);
  await wrong.pin();
  await withSha512(wrong, 'ab'.repeat(64));
  const other = await wrong.refresh('packages');
  await assert.rejects(other.read('office.json', 100), refused('TRUST_DIGEST'));
});
