import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { foundProject } from '../../src/manager/found-project.ts';
import { openProject } from '../../src/project/open.ts';
import { PASSPHRASE, scratch } from '../fakes/made-project.ts';

const NEW = { passphrase: PASSPHRASE, now: Date.now(), keyIterations: 1000 };

test('of two projects that are made in one folder at once there is one, whole', async (t) => {
  const folder = join(scratch(t), 'acme');
  const made = await Promise.allSettled(['One', 'Two'].map((name) => foundProject(folder, { name, ...NEW })));

  const [first] = made.filter((one) => one.status === 'fulfilled');
  const [refused] = made.filter((one) => one.status === 'rejected');
  assert.ok(first && refused);
  assert.match(refused.reason.code, /^PROJECT_(BUSY|EXISTS)$/);
  assert.equal((await openProject(folder)).file.value.fingerprint, first.value.fingerprint);
  assert.deepEqual(readdirSync(join(folder, 'keys')).length, 4);
});

test('one that was killed on the way is no project, and the folder can be taken again', async (t) => {
  const folder = join(scratch(t), 'acme');
  mkdirSync(join(folder, '.project.0123456789ab.tmp', 'keys'), { recursive: true });
  await assert.rejects(openProject(folder), { code: 'PROJECT_MISSING' });

  await foundProject(folder, { name: 'Acme', ...NEW });
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.endsWith('.tmp')),
    [],
  );
  assert.equal((await openProject(folder)).file.value.name, 'Acme');
});

test('one that fails leaves nothing, not even its folder', async (t) => {
  const folder = join(scratch(t), 'acme');
  for (const name of ['', 'a\u202eb', 'x'.repeat(101)])
    await assert.rejects(foundProject(folder, { ...NEW, name }), { code: 'USAGE', message: /^name (?!.*;)/ }, name);
  assert.equal(existsSync(folder), false);
});

test('it may be called what people call theirs in any script, also where a letter is written with its marks apart', async (t) => {
  const folder = scratch(t);
  for (const [at, name] of ['हिन्दी कार्यालय', 'สำนักงาน', 'Cafe\u0301 & Söhne'].entries()) {
    await foundProject(join(folder, `${at}`), { ...NEW, name });
    assert.equal((await openProject(join(folder, `${at}`))).file.value.name, name);
  }
});
