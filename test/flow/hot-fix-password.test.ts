import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { readPending } from '../../src/install/hot-fix/pending.ts';
import { finishHotFix, takeHotFix } from '../../src/install/hot-fix/take.ts';
import { openInstance } from '../../src/install/state/instances.ts';
import { subjectOf } from '../../src/install/state/machine/term.ts';
import { answerRequest, foreseeAnswer, type HotFixWord } from '../../src/manager/hot-fixes/answer.ts';
import { readHotFixLog } from '../../src/manager/hot-fixes/log.ts';
import { openRequest } from '../../src/manager/hot-fixes/opened.ts';
import { mayAskHotFix, noHotFix } from '../../src/policy/hot-fixes.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { makeVerifier } from '../../src/trust/verifier.ts';
import { DAY_MS, hotFixSite, NOW } from '../fakes/hot-fix-site.ts';
import { code } from '../fakes/made-computer.ts';
import { PASSPHRASE } from '../fakes/made-project.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';
const PASSWORD = { authentication: { type: 'password' as const, contents: [] } };
const ASKING = { name: 'Bea', address: '', note: '' };
const passphrase = async () => PASSPHRASE;

/** A machine whose user has lost his password. */
async function lost(t: TestContext, offer: Parameters<typeof hotFixSite>[2] = {}) {
  const site = await hotFixSite(t, PASSWORD, offer);
  const { at, project } = site;
  const { open } = site.service();
  await open({ newPassword: 'forgotten' });
  const opened = (source: { text: string } | { letters: string }) => openRequest(project.folder, source, at.clock);
  const answer = async (source: { text: string } | { letters: string }, word: HotFixWord) =>
    answerRequest(project.folder, await opened(source), { word, message: '', passphrase, now: at.clock });
  return { ...site, open, opened, answer };
}

test('fact 77: the temporary password opens once, then a new one is chosen; the lost one opens nothing', {
  skip,
}, async (t) => {
  const { service, open, answer } = await lost(t);
  const { hotFixes } = service();
  await assert.rejects(hotFixes.request(1000, 'office', ASKING), code('HOT_FIX_UNNEEDED'), 'nobody can see it');
  const asked = await hotFixes.request(1000, 'office', { ...ASKING, problem: 'password' });
  const { file = '' } = await answer({ text: asked.file }, { kind: 'password', password: 'for once' });
  assert.doesNotMatch(file, /for once/);

  await hotFixes.apply('office', { file });

  await assert.rejects(open({ password: 'forgotten' }), code('PASSWORD_WRONG'));
  await assert.rejects(open({ password: 'for once' }), code('PASSWORD_CHANGE'));
  await assert.rejects(open({ password: 'for once', newPassword: 'for once' }), code('PASSWORD_RULES'));
  await open({ password: 'for once', newPassword: 'kept in mind' });
  await open({ password: 'kept in mind' });
  await assert.rejects(open({ password: 'for once' }), code('PASSWORD_WRONG'));
  await assert.rejects(hotFixes.apply('office', { file }), code('HOT_FIX_NONE'));
});

test('fact 78: where disks are encrypted without recovery there is no hot fix of a lost password', () => {
  const hotFixes = { problems: ['password', 'moved'], askedBy: 'users', key: { signs: '', telephone: '' } } as const;
  const document = {
    hotFixes: { ...hotFixes, problems: [...hotFixes.problems] },
    policy: { encryption: { disks: true, configuration: false, recovery: false } },
  };
  assert.match(noHotFix(document, 'password') ?? '', /no recovery/);
  assert.equal(mayAskHotFix(document, 'password'), false);
  assert.equal(noHotFix(document, 'moved'), undefined);
});

test('fact 76: the remedy of a wrong password names the hot fix where the policy has one, and not elsewhere', {
  skip,
}, async (t) => {
  for (const [offer, remedy] of [
    [{}, /Or ask for a hot fix: `lazaret hot-fix request office`\.$/],
    [{ problems: ['moved'] }, /wait longer each time\.$/],
  ] as const) {
    const { open } = await lost(t, 'problems' in offer ? { problems: ['moved'] } : {});
    await assert.rejects(open({ password: 'guessed' }), (error: Error) => {
      assert.ok('hint' in error);
      assert.match(`${error.hint}`, remedy);
      return true;
    });
  }
});

test('killed at each step the lost or the temporary password opens, and the latter never twice', {
  skip,
}, async (t) => {
  for (const step of ['taken', 'done', 'removed']) {
    const { service, state, open } = await lost(t);
    await service().hotFixes.request(1000, 'office', { ...ASKING, problem: 'password' });
    const subject = subjectOf(await openInstance(state, 'office'));
    const pending = await readPending(subject);
    assert.ok(pending);
    await open({ password: 'forgotten' });
    const verifier = await makeVerifier('for once');
    const killed = takeHotFix(subject, pending, { kind: 'password', verifier }, async (name) => {
      if (name === step) throw new Error('killed');
    });
    await assert.rejects(killed, /killed/);

    await finishHotFix(subject);
    await open({ password: 'for once', newPassword: 'new' });
    await finishHotFix(subject);

    await assert.rejects(open({ password: 'for once', newPassword: 'other' }), code('PASSWORD_WRONG'), step);
  }
});

test('by telephone a lost password is answered without another one: whoever opens it next chooses', {
  skip,
}, async (t) => {
  const { service, open, opened, answer, project } = await lost(t);
  const { hotFixes } = service();
  const { letters: request } = await hotFixes.request(1000, 'office', { ...ASKING, problem: 'password' });
  const seen = await opened({ letters: request.toLowerCase() });
  assert.deepEqual([seen.vm, seen.problem, seen.way], ['office', 'password', 'telephone']);
  assert.match(foreseeAnswer(seen, { kind: 'new-password' }, NOW), /choose a new password/);
  await assert.rejects(answer({ letters: request }, { kind: 'password', password: 'x' }), code('USAGE'));

  const { letters = '' } = await answer({ letters: request }, { kind: 'new-password' });
  assert.equal((await hotFixes.foresee('office', { letters })).kind, 'new-password');
  await open({ password: 'forgotten' });
  await hotFixes.apply('office', { letters });

  await assert.rejects(open({ password: 'forgotten' }), code('PASSWORD_UNSET'));
  await open({ newPassword: 'chosen anew' });
  await assert.rejects(hotFixes.apply('office', { letters }), code('HOT_FIX_NONE'));
  const [logged] = await readHotFixLog(project.folder);
  assert.deepEqual([logged?.way, logged?.kind], ['telephone', 'new-password']);
});

test('by telephone days, a date, a place and a refusal arrive, and nothing else does', { skip }, async (t) => {
  const site = await hotFixSite(t, { expiration: { type: 'days', days: 2 } });
  const { project, at, service } = site;
  at.clock = NOW + 5 * DAY_MS;
  const { hotFixes, startable } = service();
  const answer = async (letters: string, word: HotFixWord) => {
    const opened = await openRequest(project.folder, { letters }, at.clock);
    return (
      (await answerRequest(project.folder, opened, { word, message: '', passphrase, now: at.clock })).letters ?? ''
    );
  };
  const first = await hotFixes.request(1000, 'office', ASKING);
  await assert.rejects(answer(first.letters, { kind: 'place' }), code('USAGE'));
  const denial = await answer(first.letters, { kind: 'denied' });
  assert.equal((await hotFixes.apply('office', { letters: denial })).kind, 'denied');

  const second = await hotFixes.request(1000, 'office', ASKING);
  const days = await answer(second.letters, { kind: 'days', days: 4 });
  assert.equal(days.replaceAll(' ', '').length, 20);
  await hotFixes.apply('office', { letters: days });
  assert.equal((await startable()).expiration?.daysLeft, 4);
});

test('HOT_FIX_WRONG, HOT_FIX_PAUSE: a group that was not heard right is named, guesses are slowed down over restarts, and the right letters help', {
  skip,
}, async (t) => {
  const { service, answer, at } = await lost(t);
  const { letters: request } = await service().hotFixes.request(1000, 'office', { ...ASKING, problem: 'password' });
  await assert.rejects(answer({ letters: request.slice(6) }, { kind: 'denied' }), code('HOT_FIX_WRONG'));
  const { letters = '' } = await answer({ letters: request }, { kind: 'new-password' });
  const misheard = `${letters.slice(0, -1)}${letters.endsWith('0') ? '1' : '0'}`;
  for (let times = 0; times < 5; times++)
    await assert.rejects(service().hotFixes.foresee('office', { letters: misheard }), {
      code: 'HOT_FIX_WRONG',
      message: 'group 4 was not heard right',
    });
  const { letters: other } = await service().hotFixes.request(1000, 'office', { ...ASKING, problem: 'password' });
  const right = (await answer({ letters: other }, { kind: 'new-password' })).letters ?? '';
  for (let times = 0; times < 3; times++)
    await assert.rejects(service().hotFixes.apply('office', { letters }), code('HOT_FIX_WRONG'), 'the one before');
  await assert.rejects(service().hotFixes.apply('office', { letters: right }), {
    code: 'HOT_FIX_PAUSE',
    message: 'after 3 wrong answers the next for office is taken in 2 s',
  });

  at.clock += 2000;

  await service().hotFixes.apply('office', { letters: right });
});
