import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { scriptOf } from '../../lab/programs.ts';
import { openInstance } from '../../src/install/state/instances.ts';
import { computerPaths } from '../../src/install/state/layout.ts';
import { listKeys, rotateKeys } from '../../src/manager/keys.ts';
import { clockDoubt, clockEvidence, serverTimes } from '../../src/manager/signing-clock.ts';
import { type KeyRole, keyPath, nextKeyPath } from '../../src/project/layout.ts';
import { openProject } from '../../src/project/open.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { serverDate } from '../../src/sys/server-date.ts';
import { folderSource } from '../../src/sys/sources/folder-source.ts';
import { openKeyFile } from '../../src/trust/sign/keys.ts';
import { publish } from '../../src/trust/sign/repository.ts';
import { refresh } from '../../src/trust/verify/refresh.ts';
import { trustedNow } from '../../src/trust/verify/time.ts';
import { code, computer } from '../fakes/made-computer.ts';
import { madeProject, PASSPHRASE, scratch } from '../fakes/made-project.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';
const MANAGER = scriptOf('lazaret-manager');
const DAY_MS = 86_400_000;

/** A project with a package and a deploy, and a computer that has both. */
async function site(t: TestContext) {
  const project = await madeProject(t);
  const { install, state } = computer(t);
  const { trust } = computerPaths(state);
  const place = (part: 'packages' | 'policies') => join(project.folder, 'published', part);
  const built = await project.build('one');
  await project.deploy();
  await install(built.folder, { fingerprint: project.fingerprint });
  const look = (part: 'packages' | 'policies', from = place(part)) =>
    refresh(trust, part, folderSource(from), { now: Date.now() });
  await look('policies');
  return { project, install, state, trust, place, look, manager: managerOf(project.folder) };
}

function managerOf(folder: string) {
  const env = { ...process.env, LAZARET_PASSPHRASE: PASSPHRASE };
  return (...args: string[]) =>
    spawnSync(process.execPath, [MANAGER, '-C', folder, ...args], { encoding: 'utf8', env });
}

const idOf = async (folder: string, role: KeyRole) => (await listKeys(folder)).find((key) => key.role === role)?.keyId;

test('keys are listed, changed one by one and all together, and a computer follows without a question', {
  skip,
}, async (t) => {
  const { project, install, state, look, manager } = await site(t);
  const before = await listKeys(project.folder);
  assert.deepEqual(
    before.map(({ role, isHere, isUnfinished }) => [role, isHere, isUnfinished]),
    [
      ['root', true, false],
      ['release', true, false],
      ['policy', true, false],
      ['hot-fix', true, false],
    ],
  );
  const listed = manager('keys', 'list');
  assert.equal(listed.status, 0, listed.stderr);
  for (const { keyId } of before) assert.ok(listed.stdout.includes(keyId.slice(0, 16)));

  for (const roles of [['release'], ['policy'], ['root'], ['policy', 'root', 'release'], ['release'], ['hot-fix']]) {
    const old = await listKeys(project.folder);
    const changed = manager('keys', 'rotate', ...roles);
    assert.equal(changed.status, 0, changed.stderr);
    for (const { role, keyId } of old)
      assert.equal((await idOf(project.folder, role as KeyRole)) === keyId, !roles.includes(role), `${roles}: ${role}`);
    assert.ok(readdirSync(join(project.folder, 'keys')).every((name) => !name.includes('.next')));
    await look('packages');
    await look('policies');
  }

  await project.changeDisk(0);
  const update = await project.build('two', { kind: 'update' });
  await project.deploy();
  await install(update.folder, { replace: true });
  await look('policies');
  assert.equal((await openInstance(state, 'office')).current.generation, 2);
});

test('a key that was taken back signs nothing for a computer that has seen the change', { skip }, async (t) => {
  const { project, place, look, manager } = await site(t);
  const stolen = await openKeyFile(keyPath(project.folder, 'policy'), PASSPHRASE);
  const theirs = join(scratch(t), 'theirs');
  cpSync(place('policies'), theirs, { recursive: true });
  await publish(theirs, { add: new Map(), key: stolen, now: Date.now(), validForMs: DAY_MS });

  assert.equal(manager('keys', 'revoke', stolen.keyId.slice(0, 7), '--yes').status, 64, 'eight digits at least');
  const asked = manager('keys', 'revoke', stolen.keyId.slice(0, 16));
  assert.deepEqual([asked.status, await idOf(project.folder, 'policy')], [75, stolen.keyId]);
  const revoked = manager('keys', 'revoke', stolen.keyId.slice(0, 16), '--yes');
  assert.equal(revoked.status, 0, revoked.stderr);
  await look('policies');

  await assert.rejects(look('policies', theirs), code('TRUST_SIGNATURE'));
});

test('a lost release key gets a successor; the root key alone cannot be done without', { skip }, async (t) => {
  const { project, manager, look } = await site(t);
  rmSync(keyPath(project.folder, 'release'));

  const rotated = manager('keys', 'rotate', 'release');
  assert.equal(rotated.status, 0, rotated.stderr);
  await project.build('two');
  await look('packages');

  rmSync(keyPath(project.folder, 'root'));
  assert.equal(manager('keys', 'rotate', 'policy').status, 66);
});

test('a change of keys that is broken off anywhere is completed by the same again', { skip }, async (t) => {
  for (const role of ['root', 'release', 'policy'] as const) {
    const { project, place, look } = await site(t);
    const { folder } = project;
    const root = await openKeyFile(keyPath(folder, 'root'), PASSPHRASE);
    const old = readFileSync(keyPath(folder, role));
    const timestamps = (['packages', 'policies'] as const).map((part) => join(place(part), 'metadata/timestamp.json'));
    const before = timestamps.map((path) => readFileSync(path));
    await rotateKeys(await openProject(folder), [role], { passphrase: PASSPHRASE, now: Date.now() });

    // As after a crash: the new roots are there, the rest is not.
    copyFileSync(keyPath(folder, role), nextKeyPath(folder, role));
    writeFileSync(keyPath(folder, role), old);
    for (const [index, path] of timestamps.entries()) writeFileSync(path, before[index] ?? '');
    if (role === 'root') rmSync(join(place('policies'), 'metadata', '2.root.json'));
    assert.ok((await listKeys(folder)).some((key) => key.role === role && key.isUnfinished));

    await rotateKeys(await openProject(folder), [role], { passphrase: PASSPHRASE, now: Date.now() });
    assert.ok(!existsSync(nextKeyPath(folder, role)));
    await look('packages');
    await look('policies');
    assert.notEqual(role === 'root' && (await idOf(folder, 'root')), root.keyId);
    await rotateKeys(await openProject(folder), [role], { passphrase: PASSPHRASE, now: Date.now() });
    await look('packages');
    await look('policies');
  }
});

test('a signature with a clock years ahead is asked about; one that was made is told, and new keys bring all back', {
  skip,
}, async (t) => {
  const { project, trust, place, look, manager } = await site(t);
  const ahead = Date.now() + 730 * DAY_MS;
  const key = await openKeyFile(keyPath(project.folder, 'policy'), PASSPHRASE);
  await publish(place('policies'), { add: new Map(), key, now: ahead, validForMs: 30 * DAY_MS });
  await look('policies');
  await assert.rejects(look('packages'), code('TRUST_EXPIRED'));

  for (const args of [
    ['deploy'],
    ['package', 'create', 'two', '--kind', 'full', '--out', project.out],
    ['deploy', '--clock-is-right'],
  ]) {
    const refused = manager(...args);
    assert.equal(refused.status, 65, args.join(' '));
    assert.match(refused.stderr, /CLOCK_SIGNED_AHEAD.*\n.*keys rotate release policy/);
  }
  for (const args of [
    ['keys', 'list'],
    ['policy', 'check'],
    ['project', 'show'],
    ['package', 'plan', 'two', '--kind', 'full'],
  ])
    assert.match(manager(...args).stderr, /keys rotate release policy/);

  const rotated = manager('keys', 'rotate', 'release', 'policy');
  assert.equal(rotated.status, 0, rotated.stderr);
  for (const args of [['deploy'], ['package', 'create', 'two', '--kind', 'full', '--force', '--out', project.out]]) {
    const done = manager(...args);
    assert.equal(done.status, 0, done.stderr);
  }
  await look('packages');
  await look('policies');
  assert.ok((await trustedNow(trust, Date.now())) < Date.now() + DAY_MS);
});

test('a clock two years ahead is refused where nobody can be asked, unless it is said to be right', {
  skip,
}, async (t) => {
  // Seen from two years ago, the clock of today is two years ahead.
  const project = await madeProject(t, 'Acme', Date.now() - 730 * DAY_MS);
  await project.deploy();
  const timestamp = join(project.folder, 'published', 'policies', 'metadata', 'timestamp.json');
  const before = readFileSync(timestamp);

  const refused = managerOf(project.folder)('deploy');
  assert.equal(refused.status, 75, refused.stderr);
  assert.match(refused.stderr, /CLOCK_CONFIRM.*was last signed on/);
  assert.deepEqual(readFileSync(timestamp), before, 'nothing was signed');
  const told = managerOf(project.folder)('deploy', '--clock-is-right');
  assert.equal(told.status, 0, told.stderr);
});

test('the Date of a server that the project names is asked, for new keys too', { skip }, async (t) => {
  const project = await madeProject(t);
  const server = createServer((_request, response) => {
    response.setHeader('date', new Date(Date.now() - 3 * DAY_MS).toUTCString());
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  await project.setProject({ packageServer: `http://127.0.0.1:${address.port}/packages` });
  const opened = await openProject(project.folder);

  const doubt = clockDoubt(await clockEvidence(opened, Date.now()));

  assert.equal(doubt?.code, 'CLOCK_CONFIRM');
  assert.match(doubt?.message ?? '', new RegExp(`127.0.0.1:${address.port} says`));
  assert.equal((await serverTimes(opened)).length, 1);
  assert.equal(await serverDate(new URL('http://127.0.0.1:1/')), undefined);
});
