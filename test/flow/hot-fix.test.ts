import assert from 'node:assert/strict';
import { cpSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readPending } from '../../src/install/hot-fix/pending.ts';
import { finishHotFix, takeHotFix } from '../../src/install/hot-fix/take.ts';
import { openInstance } from '../../src/install/state/instances.ts';
import { computerPaths } from '../../src/install/state/layout.ts';
import { subjectOf } from '../../src/install/state/machine/term.ts';
import { answerRequest, type HotFixWord } from '../../src/manager/hot-fixes/answer.ts';
import { readHotFixLog } from '../../src/manager/hot-fixes/log.ts';
import { offerHotFixes } from '../../src/manager/hot-fixes/offer.ts';
import { openRequest } from '../../src/manager/hot-fixes/opened.ts';
import { rotateKeys } from '../../src/manager/keys.ts';
import { openProject } from '../../src/project/open.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { DAY_MS, day, hotFixSite, NOW } from '../fakes/hot-fix-site.ts';
import { code } from '../fakes/made-computer.ts';
import { madeProject, PASSPHRASE } from '../fakes/made-project.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';
const EXPIRING = { expiration: { type: 'days', days: 2, message: 'Ask Ann.' } } as const;
const PROTECTED = { copyProtection: { enabled: true } };
const ASKING = { name: 'Bea', address: 'bea@example.org', note: 'On a journey.' };

/** A machine that has expired, and what its user and its administrator do. */
async function expired(t: TestContext, offer: Parameters<typeof hotFixSite>[2] = {}) {
  const site = await hotFixSite(t, EXPIRING, offer);
  site.at.clock = NOW + 5 * DAY_MS;
  const administrator = administratorOf(site.project.folder, site.at);
  return { ...site, ...administrator };
}

function administratorOf(folder: string, at: { clock: number }) {
  const passphrase = async () => PASSPHRASE;
  const open = (text: string) => openRequest(folder, { text }, at.clock);
  const answer = async (text: string, word: HotFixWord, message = '') => {
    const { file = '' } = await answerRequest(folder, await open(text), { word, message, passphrase, now: at.clock });
    return { file };
  };
  return { open, answer };
}

test('fact 79: an expired machine is used again by days and by a date, each side sees it first, and both keep it', {
  skip,
}, async (t) => {
  const { at, service, open, answer, project } = await expired(t, { email: 'help@example.org', instructions: 'Call.' });
  const { hotFixes, startable, events } = service();
  assert.match((await startable()).cannotStart?.remedy ?? '', /`lazaret hot-fix request office`/);

  const asked = await hotFixes.request(1000, 'office', ASKING);
  assert.equal(asked.problem, 'expired', 'found by itself');
  assert.deepEqual([asked.email, asked.instructions], ['help@example.org', 'Call.']);
  const opened = await open(asked.file);
  assert.equal(opened.told?.name, 'Bea');
  assert.equal(opened.told?.situation, 'office has expired: Ask Ann.');
  const days = await answer(asked.file, { kind: 'days', days: 10 }, 'Until then.');
  const foreseen = await hotFixes.foresee('office', days);
  assert.equal(foreseen.text, `office may be used until ${day(at.clock + 10 * DAY_MS)}`);
  assert.equal(foreseen.message, 'Until then.');
  assert.equal((await startable()).cannotStart?.code, 'EXPIRED', 'nothing was done yet');

  assert.deepEqual(await hotFixes.apply('office', days), foreseen);

  assert.equal((await startable()).cannotStart, undefined);
  assert.equal((await startable()).expiration?.daysLeft, 10);
  at.clock += 11 * DAY_MS;
  assert.equal((await startable()).cannotStart?.code, 'EXPIRED', 'ten days are ten days');
  const second = await hotFixes.request(1000, 'office', { ...ASKING, problem: 'expired' });
  await hotFixes.apply('office', await answer(second.file, { kind: 'date', date: day(at.clock + DAY_MS) }));
  assert.equal((await startable()).expiration?.daysLeft, 1);

  const told = (await events.last(10)).filter(({ kind }) => kind === 'hot-fix').map(({ text }) => text);
  assert.equal(told.length, 4);
  assert.match(told[0] ?? '', /^Bea asks for a hot fix/);
  assert.match(told[1] ?? '', /may be used until/);
  const log = await readHotFixLog(project.folder);
  assert.deepEqual(
    log.map(({ vm, problem, kind, name, message }) => [vm, problem, kind, name, message]),
    [
      ['office', 'expired', 'days', 'Bea', 'Until then.'],
      ['office', 'expired', 'date', 'Bea', undefined],
    ],
  );
});

test('fact 79: a denied request shows its message, and is over', { skip }, async (t) => {
  const { service, answer } = await expired(t);
  const { hotFixes, startable, events } = service();
  const asked = await hotFixes.request(1000, 'office', ASKING);
  const denial = await answer(asked.file, { kind: 'denied' }, 'Bring it back.');

  const done = await hotFixes.apply('office', denial);

  assert.deepEqual([done.kind, done.message], ['denied', 'Bring it back.']);
  assert.equal((await startable()).cannotStart?.code, 'EXPIRED');
  assert.match(JSON.stringify(await events.last(1)), /Bring it back/);
  await assert.rejects(hotFixes.apply('office', denial), code('HOT_FIX_NONE'));
});

test('HOT_FIX_NONE: an answer is used once, for its own request, for seven days; a new request is what helps', {
  skip,
}, async (t) => {
  const { at, service, answer, open } = await expired(t);
  const { hotFixes, startable } = service();
  const first = await hotFixes.request(1000, 'office', ASKING);
  const late = await answer(first.file, { kind: 'days', days: 1 });
  const second = await hotFixes.request(1000, 'office', ASKING);
  await assert.rejects(hotFixes.apply('office', late), code('HOT_FIX_NONE'), 'a newer request took its place');
  const right = await answer(second.file, { kind: 'days', days: 1 });
  await hotFixes.apply('office', right);
  at.clock += 2 * DAY_MS;
  assert.equal((await startable()).cannotStart?.code, 'EXPIRED');
  await assert.rejects(hotFixes.apply('office', right), code('HOT_FIX_NONE'), 'twice');

  const third = await hotFixes.request(1000, 'office', ASKING);
  const inTime = await answer(third.file, { kind: 'days', days: 1 });
  at.clock += 7 * DAY_MS + 60_000;
  await assert.rejects(hotFixes.apply('office', inTime), code('HOT_FIX_NONE'), 'after seven days');
  const { isOver } = await open(third.file);
  assert.match(isOver ?? '', /more than 7 days old/);
  await assert.rejects(answer(third.file, { kind: 'days', days: 1 }), code('HOT_FIX_OLD'));

  const anew = await hotFixes.request(1000, 'office', ASKING);
  await hotFixes.apply('office', await answer(anew.file, { kind: 'days', days: 1 }));
  assert.equal((await startable()).cannotStart, undefined);
});

test('D28: a state folder of before its use, or of another computer, takes no answer', { skip }, async (t) => {
  const { at, service, answer, state } = await expired(t);
  const { hotFixes } = service();
  const asked = await hotFixes.request(1000, 'office', ASKING);
  const given = await answer(asked.file, { kind: 'days', days: 1 });
  cpSync(state, `${state}-before`, { recursive: true });
  await hotFixes.apply('office', given);

  rmSync(state, { recursive: true });
  renameSync(`${state}-before`, state);
  at.clock += 2 * DAY_MS;

  await assert.rejects(service().hotFixes.apply('office', given), code('HOT_FIX_NONE'));
  const { vmId } = (await openInstance(state, 'office')).file;
  const other = await hotFixes.request(1000, 'office', ASKING);
  writeFileSync(join(computerPaths(state).seal, 'key'), Buffer.alloc(32, 1));
  assert.equal(await readPending({ state, vm: 'office', vmId }), undefined, 'sealed by another computer');
  assert.ok(other.letters);
});

test('killed at each step of a hot fix it is done once or not at all', { skip }, async (t) => {
  for (const step of ['taken', 'done', 'removed']) {
    const { at, service, answer, state } = await expired(t);
    const asked = await service().hotFixes.request(1000, 'office', ASKING);
    const given = await answer(asked.file, { kind: 'days', days: 3 });
    const subject = subjectOf(await openInstance(state, 'office'));
    const pending = await readPending(subject);
    assert.ok(pending);
    const endsAt = new Date(at.clock).setHours(96, 0, 0, 0);
    const renewal = { of: 'days 2', at: at.clock, endsAt };
    const killed = takeHotFix(subject, pending, { kind: 'renewal', renewal }, async (name) => {
      if (name === step) throw new Error('killed');
    });
    await assert.rejects(killed, /killed/);

    at.clock += DAY_MS;
    await finishHotFix(subject);

    assert.equal((await service().startable()).expiration?.endsAt, new Date(endsAt).toISOString(), step);
    await assert.rejects(service().hotFixes.apply('office', given), code('HOT_FIX_NONE'), step);
  }
});

test('HOT_FIX_OFF: without the policy, for another problem, or asked by another than root there is none; the policy is what helps', {
  skip,
}, async (t) => {
  const { service, project, install } = await expired(t, 'off');
  const { hotFixes, startable } = service();
  const { remedy } = (await startable()).cannotStart ?? {};
  assert.doesNotMatch(remedy ?? '', /hot.fix/, 'fact 76: where there are none, nobody is told to ask');
  await assert.rejects(hotFixes.request(1000, 'office', ASKING), code('HOT_FIX_OFF'));

  const bring = async (name: string, offer: object) => {
    await offerHotFixes(project.folder, () => offer);
    await install((await project.build(name, { kind: 'policy' })).folder);
  };
  await bring('moved', { problems: ['moved'] });
  await assert.rejects(hotFixes.request(1000, 'office', ASKING), code('HOT_FIX_OFF'));
  await bring('root', { problems: ['expired'], askedBy: 'root' });
  await assert.rejects(hotFixes.request(1000, 'office', ASKING), code('HOT_FIX_OFF'));
  assert.doesNotMatch((await startable()).cannotStart?.remedy ?? '', /hot.fix/);
  await hotFixes.request(0, 'office', ASKING);
  await bring('all', { problems: ['expired'] });
  await hotFixes.request(1000, 'office', ASKING);
});

test('HOT_FIX_UNNEEDED: a machine that starts has none of the problems', { skip }, async (t) => {
  const { service } = await hotFixSite(t, EXPIRING);
  const { hotFixes, startable } = service();
  for (const problem of [{}, { problem: 'moved' }, { problem: 'expired' }, { problem: 'password' }] as const)
    await assert.rejects(hotFixes.request(1000, 'office', { ...ASKING, ...problem }), code('HOT_FIX_UNNEEDED'));
  assert.equal((await startable()).cannotStart, undefined);
});

test('HOT_FIX_SIGNATURE: another project’s, or one by a former key, is not taken; the newest policy and a new request are what helps', {
  skip,
}, async (t) => {
  const { service, answer, open, project, install, at } = await expired(t);
  const { hotFixes, startable } = service();
  const asked = await hotFixes.request(1000, 'office', ASKING);
  const { file } = await answer(asked.file, { kind: 'days', days: 3 });
  for (const wrong of [
    file.replace('"days":3', '"days":300'),
    file.replace(/"signature":"...../, '"signature":"AAAAA'),
  ])
    await assert.rejects(hotFixes.apply('office', { file: wrong }), code('HOT_FIX_SIGNATURE'));
  await assert.rejects(hotFixes.apply('office', { file: file.slice(9) }), code('HOT_FIX_INVALID'));

  await rotateKeys(await openProject(project.folder), ['hot-fix'], { passphrase: PASSPHRASE, now: at.clock });
  assert.match((await open(asked.file)).isOver ?? '', /another key/);
  await install((await project.build('new-key', { kind: 'policy' })).folder);
  await assert.rejects(hotFixes.apply('office', { file }), code('HOT_FIX_SIGNATURE'));

  const anew = await hotFixes.request(1000, 'office', ASKING);
  await hotFixes.apply('office', await answer(anew.file, { kind: 'days', days: 3 }));
  assert.equal((await startable()).cannotStart, undefined);
});

test('fact 80, HOT_FIX_FOREIGN: a request of another project names it, and its own folder opens it', {
  skip,
}, async (t) => {
  const { service, open, at } = await expired(t);
  const { file } = await service().hotFixes.request(1000, 'office', ASKING);
  const other = await madeProject(t, 'Other');

  await assert.rejects(administratorOf(other.folder, at).open(file), (error: Error) => {
    assert.ok('code' in error && error.code === 'HOT_FIX_FOREIGN');
    assert.match(error.message, /of the project Acme \([0-9a-f]{64}\), and this is Other/);
    return true;
  });
  assert.equal((await open(file)).vm, 'office');
});

test('HOT_FIX_INVALID: a request that was changed is none; the one that was made is', { skip }, async (t) => {
  const { service, open } = await expired(t);
  const { file } = await service().hotFixes.request(1000, 'office', ASKING);
  for (const wrong of ['', '{}', file.replace('"expired"', '"moved"'), file.replace('"format":1', '"format":2')])
    await assert.rejects(open(wrong), code('HOT_FIX_INVALID'), wrong);
  assert.equal((await open(file)).problem, 'expired');
});

test('a moved machine is blessed where it was when its user asked, and nowhere else', { skip }, async (t) => {
  const { project, at, service, state } = await hotFixSite(t, { ...PROTECTED, ...EXPIRING });
  const { answer, open } = administratorOf(project.folder, at);
  const move = (from: string, to: string) => {
    renameSync(from, to);
    renameSync(computerPaths(from).seal, computerPaths(to).seal);
    at.state = to;
  };
  const [away, further] = [`${state}-away`, `${state}-further`];
  t.after(() => rmSync(computerPaths(away).seal, { recursive: true, force: true }));
  move(state, away);
  const { hotFixes, startable } = service();
  assert.equal((await startable()).cannotStart?.code, 'MOVED');
  assert.match((await startable()).cannotStart?.remedy ?? '', /`lazaret hot-fix request office`/);

  const asked = await hotFixes.request(1000, 'office', ASKING);
  assert.equal(asked.problem, 'moved');
  assert.match((await open(asked.file)).told?.situation ?? '', /it is at .*away.* and was installed at/);
  const given = await answer(asked.file, { kind: 'place' });
  await assert.rejects(answer(asked.file, { kind: 'days', days: 3 }), code('USAGE'));
  const foreseen = await hotFixes.foresee('office', given);
  assert.match(foreseen.path ?? '', /-away\/instances\/office$/);
  await hotFixes.apply('office', given);

  assert.equal((await startable()).cannotStart, undefined);
  move(away, further);
  assert.equal((await service().startable()).cannotStart?.code, 'MOVED', 'moved once more');
  move(further, away);
  assert.equal((await service().startable()).cannotStart, undefined);
});

test('a copy on another computer is MOVED whatever its policy says of time, and is blessed there alone', {
  skip,
}, async (t) => {
  const { project, at, service, state } = await hotFixSite(t, PROTECTED);
  const copy = `${state}-copy`;
  cpSync(state, copy, { recursive: true });
  t.after(() => rmSync(computerPaths(copy).seal, { recursive: true, force: true }));
  at.state = copy;
  const { hotFixes, startable } = service();
  assert.match((await startable()).cannotStart?.reason ?? '', /cannot be told on this computer/);
  const asked = await hotFixes.request(1000, 'office', ASKING);

  const given = await administratorOf(project.folder, at).answer(asked.file, { kind: 'place' });
  await hotFixes.apply('office', given);

  assert.equal((await startable()).cannotStart, undefined);
  at.state = state;
  assert.equal((await service().startable()).cannotStart, undefined, 'the first one is where it was');
  await assert.rejects(service().hotFixes.apply('office', given), code('HOT_FIX_NONE'));
});

test('a copy on another computer whose place is right has expired, for its days cannot be told there; a second hot fix gives it some', {
  skip,
}, async (t) => {
  for (const [expiration, state] of [
    [EXPIRING.expiration, 'EXPIRED'],
    [{ type: 'date', date: day(NOW + 30 * DAY_MS) }, undefined],
  ] as const) {
    const site = await hotFixSite(t, { ...PROTECTED, expiration });
    const { project, at, service } = site;
    const copy = `${site.state}-copy`;
    cpSync(site.state, copy, { recursive: true });
    t.after(() => rmSync(computerPaths(copy).seal, { recursive: true, force: true }));
    at.state = copy;
    const { hotFixes, startable } = service();
    const { answer } = administratorOf(project.folder, at);
    const moved = await hotFixes.request(1000, 'office', ASKING);
    await hotFixes.apply('office', await answer(moved.file, { kind: 'place' }));

    assert.equal((await startable()).cannotStart?.code, state);
    if (state === undefined) continue;
    const expired = await hotFixes.request(1000, 'office', ASKING);
    assert.equal(expired.problem, 'expired', 'found by itself');
    await hotFixes.apply('office', await answer(expired.file, { kind: 'days', days: 3 }));
    const { cannotStart, expiration: left } = await startable();
    assert.deepEqual([cannotStart, left?.daysLeft], [undefined, 3]);
  }
});
