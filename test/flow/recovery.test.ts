import assert from 'node:assert/strict';
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { armor, Decrypter } from 'age-encryption';
import { readPending } from '../../src/install/hot-fix/pending.ts';
import { finishHotFix, takeHotFix } from '../../src/install/hot-fix/take.ts';
import { openDiskKey } from '../../src/install/opening/disk-key.ts';
import { keepKeyFor } from '../../src/install/opening/kept-keys.ts';
import { openInstance } from '../../src/install/state/instances.ts';
import { instancePaths } from '../../src/install/state/layout.ts';
import { subjectOf } from '../../src/install/state/machine/term.ts';
import { readPolicy } from '../../src/install/state/policies.ts';
import { answerRequest, foreseeAnswer, type HotFixWord } from '../../src/manager/hot-fixes/answer.ts';
import { readHotFixLog } from '../../src/manager/hot-fixes/log.ts';
import { openRequest } from '../../src/manager/hot-fixes/opened.ts';
import { makeRecoveryKey, type RecoveryKeySource } from '../../src/manager/recovery-key.ts';
import { projectPaths } from '../../src/project/layout.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { recoverySecret, sealedSecret } from '../../src/trust/age/recovery.ts';
import { createRecoveryKey, openRecoveryKey } from '../../src/trust/age/recovery-key.ts';
import { whoKnows } from '../../src/trust/age/who-knows.ts';
import { requestBytes } from '../../src/trust/hot-fix/request.ts';
import { halfOf } from '../../src/trust/hot-fix/telephone.ts';
import { DAY_MS, hotFixSite, RECOVERY_PASSPHRASE } from '../fakes/hot-fix-site.ts';
import { code } from '../fakes/made-computer.ts';
import { madeProject, PASSPHRASE } from '../fakes/made-project.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';
const encryption = (recovery: boolean) => ({ disks: true, configuration: false, recovery });
const LOCKED = { authentication: { type: 'password' as const, contents: [] }, encryption: encryption(true) };
const ASKING = { name: 'Bea', address: '', note: '', problem: 'password' as const };
const WORD: HotFixWord = { kind: 'password', password: 'for once' };
type Source = { text: string } | { letters: string };

/** An encrypted machine whose user has lost his password, in a project that can recover it. */
async function lost(t: TestContext, policy: Parameters<typeof hotFixSite>[1] = LOCKED) {
  const site = await hotFixSite(t, policy);
  const { at, project, state, service } = site;
  const { open } = service();
  const { diskKey = '' } = await open({ newPassword: 'forgotten' });
  const opened = (source: Source) => openRequest(project.folder, source, at.clock);
  const answer = async (source: Source, word = WORD, key: RecoveryKeySource = { passphrase: RECOVERY_PASSPHRASE }) =>
    answerRequest(project.folder, await opened(source), {
      ...{ word, message: '', now: at.clock, passphrase: async () => PASSPHRASE, recoveryKey: async () => key },
    });
  const request = async () => service().hotFixes.request(1000, 'office', ASKING);
  return { ...site, open, opened, answer, request, diskKey, paths: instancePaths(state, 'office') };
}

test('fact 77: by the recovery key a temporary password opens encrypted disks once, then a new one is chosen', {
  skip,
}, async (t) => {
  const { service, open, answer, opened, request, diskKey, paths } = await lost(t);
  const { hotFixes } = service();
  const { file: text } = await request();
  assert.equal((await opened({ text })).recovers, true);
  const { file = '' } = await answer({ text });
  assert.doesNotMatch(file, /for once/);
  assert.equal((await hotFixes.foresee('office', { file })).kind, 'password');

  await hotFixes.apply('office', { file });

  await assert.rejects(open({ password: 'guessed' }), code('PASSWORD_WRONG'));
  await assert.rejects(open({ password: 'for once' }), code('PASSWORD_CHANGE'));
  await assert.rejects(open({ password: 'for once', newPassword: 'for once' }), code('PASSWORD_RULES'));
  assert.equal((await open({ password: 'for once', newPassword: 'kept in mind' })).diskKey, diskKey);
  assert.equal((await open({ password: 'kept in mind' })).diskKey, diskKey);
  for (const password of ['for once', 'forgotten']) await assert.rejects(open({ password }), code('PASSWORD_WRONG'));
  assert.equal(existsSync(paths.temporaryKey), false);
  await assert.rejects(hotFixes.apply('office', { file }), code('HOT_FIX_NONE'));
});

test('fact 78: without recovery in the policy there is no hot fix of a lost password, and no key for anybody else', {
  skip,
}, async (t) => {
  const { request, paths } = await lost(t, { ...LOCKED, encryption: encryption(false) });
  await assert.rejects(request(), code('HOT_FIX_OFF'));
  assert.equal(existsSync(paths.recoveryKey), false);
});

test('by telephone the letters of the answer are the temporary password, once', { skip }, async (t) => {
  const { service, open, answer, opened, request, diskKey, project } = await lost(t);
  const { hotFixes } = service();
  const { letters: asked } = await request();
  assert.equal(asked.replaceAll(' ', '').length, 70);
  const seen = await opened({ letters: asked });
  assert.deepEqual([seen.vm, seen.problem, seen.recovers], ['office', 'password', true]);
  assert.match(foreseeAnswer(seen, { kind: 'new-password' }, 0), /with the letters that you read out/);

  const { letters = '' } = await answer({ letters: asked }, { kind: 'new-password' });
  assert.equal(letters.replaceAll(' ', '').length, 30, '120 bits, and a check letter for each four');
  await assert.rejects(open({ password: letters }), code('PASSWORD_WRONG'), 'nothing is open before it is taken');
  assert.equal((await hotFixes.foresee('office', { letters })).kind, 'letters');
  await hotFixes.apply('office', { letters });

  const typed = letters.toLowerCase().replaceAll(' ', '-');
  await assert.rejects(open({ password: typed }), code('PASSWORD_CHANGE'));
  assert.equal((await open({ password: typed, newPassword: 'kept in mind' })).diskKey, diskKey);
  await assert.rejects(open({ password: letters }), code('PASSWORD_WRONG'));
  await request();
  await assert.rejects(hotFixes.apply('office', { letters }), code('HOT_FIX_WRONG'), 'they are of the former request');
  const [logged] = await readHotFixLog(project.folder);
  assert.deepEqual([logged?.way, logged?.kind], ['telephone', 'new-password']);
});

test('a denial by telephone is said in words, and one in a file ends the request', { skip }, async (t) => {
  const { service, answer, request } = await lost(t);
  const { letters } = await request();
  assert.deepEqual(Object.keys(await answer({ letters }, { kind: 'denied' })), ['text']);
  const { file: text } = await request();
  const { file = '' } = await answer({ text }, { kind: 'denied' });
  assert.equal((await service().hotFixes.apply('office', { file })).kind, 'denied');
  await assert.rejects(service().hotFixes.apply('office', { file }), code('HOT_FIX_NONE'));
});

test('an answer is for one request alone, and over once the machine was opened with its own password', {
  skip,
}, async (t) => {
  const { service, answer, request, open, at } = await lost(t);
  const { hotFixes } = service();
  const first = await request();
  const { file = '' } = await answer({ text: first.file });
  const { letters = '' } = await answer({ letters: first.letters }, { kind: 'new-password' });
  at.clock += DAY_MS;
  await request();
  await assert.rejects(hotFixes.apply('office', { file }), {
    code: 'HOT_FIX_NONE',
    message: 'this hot fix answers an earlier request for office',
  });
  await open({ password: 'forgotten' });
  await assert.rejects(hotFixes.apply('office', { letters }), code('HOT_FIX_WRONG'));
  const third = await request();
  const taken = await answer({ text: third.file });
  await hotFixes.apply('office', { file: taken.file ?? '' });
  await open({ password: 'forgotten' });
  await assert.rejects(open({ password: 'for once' }), code('PASSWORD_WRONG'), 'it was found again');
});

test('an answer for a password that encrypts nothing is none to a request for recovery', { skip }, async (t) => {
  const plain = await lost(t, { authentication: LOCKED.authentication });
  const { file: text } = await plain.request();
  assert.equal((await plain.opened({ text })).recovers, false);
  const { file = '' } = await plain.answer({ text });
  await plain.service().hotFixes.apply('office', { file });
  await assert.rejects(plain.open({ password: 'for once' }), code('PASSWORD_CHANGE'));
});

test('KEY_PASSPHRASE, KEY_INVALID, KEY_MISSING: what answers is the project’s own recovery key; once it is back, it does', {
  skip,
}, async (t) => {
  const { answer, request, project } = await lost(t);
  const { recoveryKey: path } = projectPaths(project.folder);
  const { file: text } = await request();
  const key = { passphrase: RECOVERY_PASSPHRASE };
  await assert.rejects(answer({ text }, WORD, { passphrase: PASSPHRASE }), code('KEY_PASSPHRASE'));
  const whole = readFileSync(path);
  for (const damage of [whole.subarray(0, 200), Buffer.concat([whole, whole]), Buffer.alloc(0), Buffer.from('age')]) {
    writeFileSync(path, damage);
    await assert.rejects(answer({ text }, WORD, key), code('KEY_INVALID'));
  }
  for (let at = 60; at < whole.length - 40; at += 97) {
    const damaged = Buffer.from(whole);
    damaged[at] = damaged[at] === 65 ? 66 : 65;
    writeFileSync(path, damaged);
    // A wrong passphrase and a file whose first part was changed look the same.
    await assert.rejects(answer({ text }, WORD, key), { code: /^KEY_(INVALID|PASSPHRASE)$/ });
  }
  rmSync(path);
  await assert.rejects(answer({ text }, WORD, key), code('KEY_MISSING'));
  const other = join(project.folder, 'other.age');
  await createRecoveryKey(other, RECOVERY_PASSPHRASE);
  await assert.rejects(answer({ text }, WORD, { ...key, path: other }), code('KEY_INVALID'));
  await assert.rejects(answer({ text }, WORD, { ...key, text: readFileSync(other, 'utf8') }), code('KEY_INVALID'));

  assert.ok((await answer({ text }, WORD, { ...key, text: whole.toString() })).file);
  writeFileSync(path, whole);
  assert.ok((await answer({ text }, WORD, key)).file);
});

test('RECOVERY_KEY_MISSING: a policy demands recovery where the project has no key; once it is made, packages are too', {
  skip,
}, async (t) => {
  const project = await madeProject(t);
  await project.setPolicy(LOCKED);
  await assert.rejects(project.build('one'), code('RECOVERY_KEY_MISSING'));
  await project.setPolicy({ encryption: encryption(false) });
  await project.build('one');
  await project.setPolicy({ encryption: encryption(true) });
  await assert.rejects(project.build('two'), code('RECOVERY_KEY_MISSING'));

  const { recipient, path } = await makeRecoveryKey(project.folder, async () => RECOVERY_PASSPHRASE);
  await project.build('two');

  assert.match(recipient, /^age1/);
  const decrypter = new Decrypter();
  decrypter.addPassphrase(RECOVERY_PASSPHRASE);
  const text = await decrypter.decrypt(armor.decode(readFileSync(path, 'utf8')), 'text');
  assert.match(text, /^AGE-SECRET-KEY-1/m);
  await assert.rejects(
    makeRecoveryKey(project.folder, async () => RECOVERY_PASSPHRASE),
    code('KEY_EXISTS'),
  );
});

test('a recovery key whose making was broken off is completed by the same again', { skip }, async (t) => {
  const project = await madeProject(t);
  const { recoveryKey: path } = projectPaths(project.folder);
  const { recipient } = await createRecoveryKey(path, RECOVERY_PASSPHRASE);
  await assert.rejects(
    makeRecoveryKey(project.folder, async () => 'another'),
    code('KEY_PASSPHRASE'),
  );
  const made = await makeRecoveryKey(project.folder, async () => RECOVERY_PASSPHRASE);
  assert.deepEqual(made, { recipient, path });
});

test('who holds the recovery key and the disk needs neither the service nor us: age itself opens the key', {
  skip,
}, async (t) => {
  const { paths, project, diskKey } = await lost(t);
  const decrypter = new Decrypter();
  decrypter.addPassphrase(RECOVERY_PASSPHRASE);
  const file = readFileSync(projectPaths(project.folder).recoveryKey, 'utf8');
  const [identity = ''] = /^AGE-SECRET-KEY-1.*$/m.exec(await decrypter.decrypt(armor.decode(file), 'text')) ?? [];
  const slot = new Decrypter();
  slot.addIdentity(identity);
  assert.equal(await slot.decrypt(readFileSync(paths.recoveryKey), 'text'), diskKey);
});

test('what is damaged of recovery keeps nobody out who knows the password, and is made anew by his opening', {
  skip,
}, async (t) => {
  const { paths, open, request, answer, service, diskKey } = await lost(t);
  for (const path of [paths.recoveryKey, paths.temporaryKey]) writeFileSync(path, 'damaged');
  await assert.rejects(request(), code('HOT_FIX_OFF'), 'nothing of the disks’ key can be recovered');
  await open({ password: 'forgotten' });
  const { file: text } = await request();
  const { file = '' } = await answer({ text });
  await service().hotFixes.apply('office', { file });
  writeFileSync(paths.userKey, 'damaged');
  await assert.rejects(open({ password: 'forgotten' }), code('KEY_DAMAGED'));
  assert.equal((await open({ password: 'for once', newPassword: 'new' })).diskKey, diskKey);
  await open({ password: 'new' });
});

test('killed at each step the lost, the temporary or the new password opens, and never none', { skip }, async (t) => {
  const { service, state, project, request, open, paths, diskKey } = await lost(t);
  const { identity } = await openRecoveryKey(projectPaths(project.folder).recoveryKey, RECOVERY_PASSPHRASE);
  const killAt = (wanted: string) => async (step: string) => {
    if (step === wanted) throw new Error('killed');
  };
  let known = 'forgotten';
  const temporary = async () => {
    await request();
    const subject = subjectOf(await openInstance(state, 'office'));
    const pending = (await readPending(subject)) ?? assert.fail('no request');
    const secret = recoverySecret(halfOf(requestBytes(pending.request)), identity) ?? assert.fail('no secret');
    const sealed = Buffer.from(await sealedSecret(secret, 'for once')).toString('base64');
    return { subject, pending, effect: { kind: 'recovery', sealed, by: 'password' } as const };
  };
  for (const step of ['taken', 'done', 'removed']) {
    const { subject, pending, effect } = await temporary();
    await assert.rejects(takeHotFix(subject, pending, effect, killAt(step)), /killed/);
    await finishHotFix(subject);
    assert.equal((await open({ password: 'for once', newPassword: `after ${step}` })).diskKey, diskKey, step);
    known = `after ${step}`;
    await open({ password: known });
  }
  const { recoveryKey = assert.fail('no recovery key') } = (await readPolicy(state, 'office')).document;
  for (const step of ['user', 'recovery', 'temporary']) {
    const { subject, pending, effect } = await temporary();
    await takeHotFix(subject, pending, effect);
    const kept = { password: `new at ${step}`, recoveryKey };
    await assert.rejects(keepKeyFor(state, 'office', diskKey, kept, killAt(step)), /killed/);
    assert.equal(await openDiskKey(paths.userKey, whoKnows(`new at ${step}`)), diskKey);
    assert.equal((await open({ password: `new at ${step}` })).diskKey, diskKey, step);
    await assert.rejects(open({ password: known }), code('PASSWORD_WRONG'));
    known = `new at ${step}`;
    await service().hotFixes.finish('office');
  }
});

test('KEY_DAMAGED: where what the password opens is gone, the recovery key helps all the same', { skip }, async (t) => {
  for (const hasCounted of [true, false]) {
    const { paths, open, request, answer, service, diskKey } = await lost(t);
    rmSync(paths.userKey);
    if (!hasCounted) rmSync(paths.password, { force: true });
    await assert.rejects(open({ password: 'forgotten' }), code('KEY_DAMAGED'));
    await assert.rejects(open({ newPassword: 'another' }), code('PASSWORD_NEEDED'), 'and nobody chooses another key');
    if (!hasCounted) continue;
    const { file: text } = await request();
    const { file = '' } = await answer({ text });
    await service().hotFixes.apply('office', { file });
    assert.equal((await open({ password: 'for once', newPassword: 'new' })).diskKey, diskKey);
    assert.equal((await open({ password: 'new' })).diskKey, diskKey);
  }
});

test('what a user’s disk says of the recovery key and its secret opens nothing', { skip }, async (t) => {
  const { state, request, answer, service, paths } = await lost(t);
  const asked = await request();
  const { letters = '' } = await answer({ letters: asked.letters }, { kind: 'new-password' });
  await service().hotFixes.apply('office', { letters });
  const secret = letters.replaceAll(' ', '');
  for (const path of [paths.recoveryKey, paths.temporaryKey, paths.password, join(state, 'events.jsonl')])
    for (const form of [letters, secret]) assert.equal(readFileSync(path).includes(form), false, path);
  appendFileSync(join(state, 'events.jsonl'), letters);
  assert.ok(readFileSync(join(state, 'events.jsonl')).includes(letters), 'the search finds it');
});
