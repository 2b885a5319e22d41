import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import { AppError } from '../../src/lib/errors.ts';
import { sourceAt } from '../../src/sys/sources/fetch.ts';
import { folderSource } from '../../src/sys/sources/folder-source.ts';
import type { Source } from '../../src/sys/sources/source.ts';
import { createRepository, publish } from '../../src/trust/sign/repository.ts';
import { openCached, pinnedProject, pinProject } from '../../src/trust/verify/client.ts';
import { identityOf } from '../../src/trust/verify/identity.ts';
import { refresh } from '../../src/trust/verify/refresh.ts';
import { trustedNow } from '../../src/trust/verify/time.ts';
import { parseVerified } from '../../src/trust/verify/verified.ts';
import { DAY_MS, forge, NOW, newKey, trustProject } from '../fakes/trust-project.ts';

const refused = (code: string) => ({ name: 'AppError', code });

/** A web server with the files of a folder; `instead` may answer otherwise. */
async function serve(t: TestContext, folder: string, endless?: string): Promise<Source> {
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(request.url ?? '/');
    if (endless !== undefined && path.endsWith(endless)) {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65536, 0x20)));
      };
      response.on('drain', more);
      return more();
    }
    const bytes = await readFile(join(folder, path)).catch(() => undefined);
    response.writeHead(bytes ? 200 : 404).end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return sourceAt(new URL(`http://127.0.0.1:${address.port}/`));
}

for (const by of ['file:', 'http:']) {
  test(`a computer takes a project, its packages and its policies by ${by}`, async (t) => {
    const p = await trustProject(t);
    const packages = by === 'http:' ? await serve(t, p.packages) : folderSource(p.packages);
    const policies = by === 'http:' ? await serve(t, p.policies) : folderSource(p.policies);

    assert.equal(await pinnedProject(p.trust), undefined);
    assert.deepEqual(await identityOf(packages), p.project);
    assert.deepEqual(await pinProject(p.trust, packages, p.project.fingerprint), p.project);
    assert.deepEqual(await pinnedProject(p.trust), p.project);
    const release = await refresh(p.trust, 'packages', packages, { now: NOW });
    const manifest = parseVerified(await release.read('office.json', 100), z.strictObject({ release: z.int() }), 'it');
    assert.deepEqual(manifest.value, { release: 1 });
    assert.deepEqual([release.version, release.signedAt, release.expiresAt], [1, NOW, NOW + 365 * DAY_MS]);
    assert.deepEqual(
      (await refresh(p.trust, 'policies', policies, { now: NOW })).targets.map((target) => target.name),
      ['policy.json'],
    );
  });
}

test('a release adds, replaces and removes files, and one without changes renews the time', async (t) => {
  const p = await trustProject(t);
  await p.pin();

  await p.release('packages', { 'office.json': '{"release":2}', 'lab.json': '{}' }, NOW + DAY_MS);
  await publish(p.packages, {
    add: new Map(),
    remove: ['lab.json'],
    key: p.keys.packages,
    now: NOW + 2 * DAY_MS,
    validForMs: DAY_MS,
  });

  const release = await p.refresh('packages', undefined, NOW + 2 * DAY_MS);
  assert.deepEqual([release.version, release.signedAt], [3, NOW + 2 * DAY_MS]);
  assert.equal((await release.read('office.json', 100)).value.toString(), '{"release":2}');
  await assert.rejects(release.read('lab.json', 100), refused('TRUST_INVALID'));
  await assert.rejects(release.read('office.json', 5), refused('FETCH_TOO_LARGE'));
});

test('a release signed while the clock is set back is not older than the one before', async (t) => {
  const p = await trustProject(t);

  const { signedAt } = await p.release('packages', {}, NOW - DAY_MS);

  assert.equal(signedAt, NOW);
});

test('only the repository’s own key may publish', async (t) => {
  const p = await trustProject(t);
  const publication = { add: new Map(), now: NOW, validForMs: DAY_MS };

  await assert.rejects(publish(p.packages, { ...publication, key: p.keys.policies }), refused('KEY_INVALID'));
});

test('what others changed in a published folder is not signed again', async (t) => {
  const p = await trustProject(t);
  await forge(join(p.packages, 'metadata', '1.targets.json'), [newKey()], (signed) => {
    signed['targets'] = {};
  });

  await assert.rejects(p.release('packages'), refused('TRUST_DIGEST'));
});

test('a package of another project is refused with both names', async (t) => {
  const ours = await trustProject(t, 'Office');
  const theirs = await trustProject(t, 'Lab');
  await ours.pin();
  await ours.refresh('packages');

  for (const attempt of [
    () => ours.refresh('packages', theirs.packages),
    () => ours.refresh('policies', theirs.policies),
    () => pinProject(ours.trust, folderSource(theirs.packages), theirs.project.fingerprint),
  ]) {
    await assert.rejects(attempt(), (error) => {
      assert.ok(error instanceof AppError);
      assert.equal(error.code, 'TRUST_FOREIGN');
      assert.deepEqual(error.details, { expected: ours.project, found: theirs.project });
      for (const word of [...Object.values(ours.project), ...Object.values(theirs.project)])
        assert.ok(error.message.includes(word));
      return true;
    });
  }
  assert.deepEqual(await pinnedProject(ours.trust), ours.project);
});

test('a project is taken only with the fingerprint that was expected', async (t) => {
  const p = await trustProject(t);

  await assert.rejects(pinProject(p.trust, folderSource(p.packages), '0'.repeat(64)), refused('TRUST_FINGERPRINT'));
  await assert.rejects(pinProject(p.trust, folderSource(p.policies), p.project.fingerprint), refused('TRUST_INVALID'));
  await assert.rejects(identityOf(folderSource(p.folder)), refused('TRUST_INVALID'));
  await assert.rejects(p.refresh('packages'), refused('TRUST_CONFIRM'));
});

test('one repository is not taken for the other', async (t) => {
  const p = await trustProject(t);
  await p.pin();
  await p.refresh('packages');

  await assert.rejects(p.refresh('packages', p.policies), refused('TRUST_INVALID'));
  await assert.rejects(p.refresh('policies', p.packages), refused('TRUST_INVALID'));
});

test('policies that only claim to be of the project are refused', async (t) => {
  const p = await trustProject(t);
  const [rootKey, roleKey] = [newKey(), newKey()];
  const fake = join(p.folder, 'fake');
  const { fingerprint } = p.project;
  await createRepository(fake, {
    repository: 'policies',
    projectName: 'Office',
    fingerprint,
    rootKey,
    roleKey,
    now: NOW,
  });
  await publish(fake, { add: new Map(), key: roleKey, now: NOW, validForMs: DAY_MS });
  await p.pin();

  await assert.rejects(p.refresh('policies'), refused('TRUST_INVALID'), 'nothing to prove them by yet');
  await p.refresh('packages');
  await assert.rejects(p.refresh('policies', fake), refused('TRUST_SIGNATURE'));
  assert.equal(await openCached(p.trust, 'policies', NOW), undefined);
});

test('an older release is refused, with its metadata kept or lost', async (t) => {
  const p = await trustProject(t);
  await p.pin();
  const old = await p.copy(p.packages, 'old');
  await p.release('packages', { 'office.json': '{"release":2}' });
  await p.refresh('packages');

  await assert.rejects(p.refresh('packages', old), refused('TRUST_ROLLBACK'));
  await rm(join(p.trust, 'packages.json'));
  await assert.rejects(p.refresh('packages', old), refused('TRUST_ROLLBACK'));
  assert.equal((await p.refresh('packages')).version, 2);
});

test('damaged metadata counts as lost, a damaged floor does not', async (t) => {
  const p = await trustProject(t);
  await p.pin();
  await p.refresh('packages');

  await writeFile(join(p.trust, 'packages.json'), '{');
  assert.equal((await p.refresh('packages')).version, 1);
  await writeFile(join(p.trust, 'packages-floor.json'), '{');
  await assert.rejects(p.refresh('packages'), refused('TRUST_INVALID'));
});

const older: [title: string, inner: 'snapshot.json' | 'targets.json', file: string][] = [
  ['a newer timestamp with an older snapshot', 'snapshot.json', 'timestamp.json'],
  ['a newer snapshot with older targets', 'targets.json', '3.snapshot.json'],
];
for (const [title, inner, file] of older) {
  test(`${title} is refused`, async (t) => {
    const p = await trustProject(t);
    await p.pin();
    await p.release('packages', { 'office.json': '{"release":2}' });
    await p.refresh('packages');
    await p.release('packages');
    const metadata = join(p.packages, 'metadata');

    const forged = await forge(join(metadata, file), [p.keys.packages], (signed) => {
      signed['meta'] = { [inner]: { version: 1 } };
    });
    if (file !== 'timestamp.json') {
      await forge(join(metadata, 'timestamp.json'), [p.keys.packages], (signed) => {
        signed['meta'] = { 'snapshot.json': { version: 3, length: forged.length } };
      });
    }

    await assert.rejects(p.refresh('packages'), refused('TRUST_ROLLBACK'));
  });
}

test('parts of two releases do not mix', async (t) => {
  const p = await trustProject(t);
  await p.pin();
  await p.release('packages', { 'office.json': '{"release":2}' });
  for (const role of ['snapshot', 'targets']) {
    const mixed = await p.copy(p.packages, `mixed-${role}`);
    await copyFile(join(mixed, 'metadata', `1.${role}.json`), join(mixed, 'metadata', `2.${role}.json`));

    await assert.rejects(p.refresh('packages', mixed), refused('TRUST_DIGEST'));
  }
});

test('what has expired is refused, fetched or kept, though the clock be set back', async (t) => {
  const p = await trustProject(t);
  await p.pin();
  await p.refresh('packages');
  await p.refresh('policies');

  assert.equal((await openCached(p.trust, 'policies', NOW + 2 * DAY_MS - 1))?.version, 1);
  await assert.rejects(openCached(p.trust, 'policies', NOW + 2 * DAY_MS), refused('TRUST_EXPIRED'));
  await assert.rejects(p.refresh('policies', undefined, NOW + 2 * DAY_MS), refused('TRUST_EXPIRED'));
  await p.release('packages', {}, NOW + 3 * DAY_MS);
  await p.refresh('packages', undefined, NOW + 3 * DAY_MS);
  assert.equal(await trustedNow(p.trust, NOW), NOW + 3 * DAY_MS);
  assert.equal(await trustedNow(p.trust, NOW + 9 * DAY_MS), NOW + 9 * DAY_MS);
  await assert.rejects(openCached(p.trust, 'policies', NOW), refused('TRUST_EXPIRED'));
  await assert.rejects(p.refresh('policies', undefined, NOW), refused('TRUST_EXPIRED'));
});

test('an expired root is refused', async (t) => {
  const p = await trustProject(t);
  await p.pin();

  await assert.rejects(p.refresh('packages', undefined, NOW + 3650 * DAY_MS), refused('TRUST_EXPIRED'));
});

for (const file of [
  '1.root.json',
  '2.root.json',
  'timestamp.json',
  '1.snapshot.json',
  '1.targets.json',
  'office.json',
]) {
  test(`an endless ${file} is cut off`, async (t) => {
    const p = await trustProject(t);
    await p.pin();
    const source = await serve(t, p.packages, file);

    await assert.rejects(async () => {
      const release = await refresh(p.trust, 'packages', source, { now: NOW });
      await release.read('office.json', 1 << 20);
    }, refused('FETCH_TOO_LARGE'));
  });
}

for (const file of ['1.root.json', 'timestamp.json', '1.snapshot.json', '1.targets.json']) {
  test(`a change or cut anywhere in ${file} is refused or says the same`, async (t) => {
    const p = await trustProject(t);
    await p.pin();
    const path = join(p.packages, 'metadata', file);
    const whole = await readFile(path);
    const { targets } = await p.refresh('packages');
    const outcome = async (bytes: Uint8Array) => {
      await writeFile(path, bytes);
      for (const known of ['packages.json', 'packages'])
        await rm(join(p.trust, known), { recursive: true, force: true });
      try {
        // A change that JSON or hexadecimal does not notice changes nothing.
        assert.deepEqual((await p.refresh('packages')).targets, targets);
        return 'same';
      } catch (error) {
        assert.ok(error instanceof AppError, String(error));
        assert.match(error.code, /^(TRUST_(SIGNATURE|DIGEST|INVALID|FOREIGN)|FETCH_TOO_LARGE)$/);
        assert.ok(error.cause !== undefined || Object.keys(error.details).length > 0);
        return 'refused';
      }
    };

    assert.equal(await outcome(whole), 'same');
    const flip = fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }));
    await fc.assert(
      fc.asyncProperty(flip, async ([at, mask]) => {
        await outcome(whole.map((byte, index) => (index === at ? byte ^ mask : byte)));
      }),
      { numRuns: 40 },
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 2), async (length) => {
        assert.equal(await outcome(whole.subarray(0, length)), 'refused');
      }),
      { numRuns: 15 },
    );
  });
}

test('a changed or cut target is refused', async (t) => {
  const p = await trustProject(t);
  await p.pin();
  const release = await p.refresh('packages');
  const sha256 = createHash('sha256').update('{"release":1}').digest('hex');
  const path = join(p.packages, 'targets', `${sha256}.office.json`);

  for (const bytes of ['{"release":2}', '{"release":1', '']) {
    await writeFile(path, bytes);
    await assert.rejects(release.read('office.json', 100), refused('TRUST_DIGEST'));
  }
  await rm(path);
  await assert.rejects(release.read('office.json', 100), refused('FETCH_MISSING'));
});

test('what was verified once opens without its source, and proves files from elsewhere', async (t) => {
  const p = await trustProject(t);
  await p.pin();
  await p.refresh('packages');
  await rm(p.packages, { recursive: true });

  const release = await openCached(p.trust, 'packages', NOW);

  assert.ok(release);
  assert.equal(release.verify('office.json', Buffer.from('{"release":1}')).value.toString(), '{"release":1}');
  assert.throws(() => release.verify('office.json', Buffer.from('{"release":9}')), refused('TRUST_DIGEST'));
  assert.throws(() => release.verify('lab.json', Buffer.from('{}')), refused('TRUST_INVALID'));
});

test('a refused refresh leaves what was verified before, and nothing beside it', async (t) => {
  const p = await trustProject(t);
  await p.pin();
  await p.refresh('packages');
  const before = await readdir(p.trust);
  await p.release('packages');
  await writeFile(join(p.packages, 'metadata', '2.targets.json'), '{}');

  await assert.rejects(p.refresh('packages'), refused('TRUST_DIGEST'));

  assert.equal((await openCached(p.trust, 'packages', NOW))?.version, 1);
  assert.deepEqual(await readdir(p.trust), before);
});

test('a crash at any point of a publication leaves the old release, and the next one goes through', async (t) => {
  const p = await trustProject(t);
  await p.pin();
  const done = await p.copy(p.packages, 'done');
  const add = new Map([['office.json', Buffer.from('{"release":2}')]]);
  const publication = { add, key: p.keys.packages, now: NOW, validForMs: DAY_MS };
  await publish(done, publication);
  const written = [
    `targets/${createHash('sha256').update('{"release":2}').digest('hex')}.office.json`,
    'metadata/2.targets.json',
    'metadata/2.snapshot.json',
  ];

  for (const [step, file] of written.entries()) {
    await copyFile(join(done, file), join(p.packages, file));
    assert.equal((await p.refresh('packages')).version, 1, file);
    const again = await p.copy(p.packages, `again-${step}`);
    assert.equal((await publish(again, { ...publication, now: NOW + 5000 })).version, 2);
    const trust = join(p.folder, `trust-${step}`);
    await mkdir(trust);
    await pinProject(trust, folderSource(again), p.project.fingerprint);
    const release = await refresh(trust, 'packages', folderSource(again), { now: NOW });
    assert.equal((await release.read('office.json', 100)).value.toString(), '{"release":2}');
  }
});

test('refreshes at the same time do not disturb each other', async (t) => {
  const p = await trustProject(t);
  await p.pin();
  await p.release('packages');

  const releases = await Promise.all(Array.from({ length: 8 }, () => p.refresh('packages')));

  assert.deepEqual(new Set(releases.map((release) => release.version)), new Set([2]));
  assert.equal((await openCached(p.trust, 'packages', NOW))?.version, 2);
  assert.deepEqual(await readdir(p.trust), ['packages', 'packages-floor.json', 'packages.json', 'project.json']);
});

test('a signed time never falls, whatever a later release says', async (t) => {
  const p = await trustProject(t);
  await p.pin();
  await p.release('packages', {}, NOW + DAY_MS);
  await p.refresh('packages');
  await p.release('packages');
  await forge(join(p.packages, 'metadata', 'timestamp.json'), [p.keys.packages], (signed) => {
    signed['x-lazaret-signed-at'] = '2026-11-01T00:00:00Z';
  });

  await p.refresh('packages');

  assert.equal(await trustedNow(p.trust, NOW), NOW + DAY_MS);
});

test('a release signed after its root expired is refused by a clock that is behind', async (t) => {
  const p = await trustProject(t);
  await p.pin();
  await p.release('packages', {}, NOW + 3651 * DAY_MS);

  await assert.rejects(p.refresh('packages'), refused('TRUST_EXPIRED'));
});

test('metadata that announces more than the cap is cut off all the same', async (t) => {
  const p = await trustProject(t);
  await p.pin();
  const metadata = join(p.packages, 'metadata');
  await writeFile(join(metadata, '1.snapshot.json'), ' '.repeat(20_000));
  await forge(join(metadata, 'timestamp.json'), [p.keys.packages], (signed) => {
    signed['meta'] = { 'snapshot.json': { version: 1, length: 20_000 } };
  });

  await assert.rejects(p.refresh('packages'), refused('FETCH_TOO_LARGE'));
});

test('a release with a date that is none is refused: it would never expire', async (t) => {
  const p = await trustProject(t);
  await p.pin();
  await forge(join(p.packages, 'metadata', 'timestamp.json'), [p.keys.packages], (signed) => {
    signed['expires'] = 'never';
  });

  await assert.rejects(p.refresh('packages'), refused('TRUST_INVALID'));
});

test('a release that delegates is refused', async (t) => {
  const p = await trustProject(t);
  await p.pin();
  const metadata = join(p.packages, 'metadata');
  const list = await forge(join(metadata, '1.targets.json'), [p.keys.packages], (signed) => {
    signed['delegations'] = { keys: {}, roles: [] };
  });
  const snapshot = await forge(join(metadata, '1.snapshot.json'), [p.keys.packages], (signed) => {
    signed['meta'] = { 'targets.json': { version: 1, length: list.length } };
  });
  await forge(join(metadata, 'timestamp.json'), [p.keys.packages], (signed) => {
    signed['meta'] = { 'snapshot.json': { version: 1, length: snapshot.length } };
  });

  await assert.rejects(p.refresh('packages'), refused('TRUST_INVALID'));
});

test('an interrupted refresh says so', async (t) => {
  const p = await trustProject(t);
  await p.pin();
  const source = await serve(t, p.packages);

  await assert.rejects(
    refresh(p.trust, 'packages', source, { now: NOW, signal: AbortSignal.abort() }),
    refused('INTERRUPTED'),
  );
});
