import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { reimage } from '../../src/install/change/back/reimage.ts';
import { changePassword } from '../../src/install/opening/password.ts';
import { instancePaths } from '../../src/install/state/layout.ts';
import { readPolicy } from '../../src/install/state/policies.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { code, computer } from '../fakes/made-computer.ts';
import { madeProject } from '../fakes/made-project.ts';
import { by, openingOf } from '../fakes/opening.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';
const NOW = Date.parse('2026-01-10T12:00:00Z');
const PASSWORD = { authentication: { type: 'password' as const, contents: [] } };
const STRICT = { authentication: { type: 'password' as const, minimumLength: 8, contents: ['numerals' as const] } };

/** A computer with a machine whose policy asks for a password. */
async function installed(t: TestContext, policy: Parameters<Awaited<ReturnType<typeof madeProject>>['setPolicy']>[0]) {
  const project = await madeProject(t);
  await project.setPolicy(policy);
  const { install, state } = computer(t);
  await install((await project.build('one')).folder, { fingerprint: project.fingerprint });
  const open = (given: { password?: string; newPassword?: string } = {}, now = NOW) =>
    openingOf(state, now).authenticate('office', by(given));
  const { password: path } = instancePaths(state, 'office');
  return { project, install, state, open, path };
}

test('fact 25: the first opening chooses a password, later ones ask for it, a wrong one opens nothing', {
  skip,
}, async (t) => {
  const { open, path } = await installed(t, PASSWORD);

  await assert.rejects(open(), code('PASSWORD_UNSET'));
  await assert.rejects(open({ password: 'guessed' }), code('PASSWORD_UNSET'));
  await open({ newPassword: 'correct horse' });
  await assert.rejects(open(), code('PASSWORD_NEEDED'));
  await assert.rejects(open({ newPassword: 'another' }), code('PASSWORD_NEEDED'));
  await assert.rejects(open({ password: 'wrong' }), code('PASSWORD_WRONG'));
  await open({ password: 'correct horse' });

  assert.doesNotMatch(readFileSync(path, 'utf8'), /horse/);
  assert.equal(statSync(path).mode & 0o077, 0);
  assert.ok(JSON.parse(readFileSync(path, 'utf8')).verifier.work >= 15, 'scrypt of 2^15 at least');
});

test('fact 26: the rules hold for the first password and for a new one', { skip }, async (t) => {
  const { open, state } = await installed(t, STRICT);

  await assert.rejects(open({ newPassword: 'abcdefgh' }), code('PASSWORD_RULES'));
  await assert.rejects(open({ newPassword: 'abc1' }), code('PASSWORD_RULES'));
  await open({ newPassword: 'abcdefg1' });
  const change = (newPassword: string) => changePassword(state, 'office', { password: 'abcdefg1', newPassword }, NOW);
  await assert.rejects(change('short1'), code('PASSWORD_RULES'));
  await assert.rejects(change('abcdefg1'), code('PASSWORD_RULES'), 'no change is one');
  await change('abcdefg2');
  await assert.rejects(open({ password: 'abcdefg1' }), code('PASSWORD_WRONG'));
  await open({ password: 'abcdefg2' });
});

test('white space counts, the line end it was pasted with does not, nor how letters are composed', {
  skip,
}, async (t) => {
  const { open } = await installed(t, PASSWORD);
  await assert.rejects(open({ newPassword: '\n' }), code('PASSWORD_RULES'));
  await open({ newPassword: ` über${'x'.repeat(4090)} \r\n` });

  await assert.rejects(open({ password: `über${'x'.repeat(4090)}` }), code('PASSWORD_WRONG'));
  await open({ password: ` u\u0308ber${'x'.repeat(4090)} ` });
});

test('wrong ones are slowed down: PASSWORD_PAUSE says how long, and after it the right one opens', {
  skip,
}, async (t) => {
  const { open, state } = await installed(t, PASSWORD);
  await open({ newPassword: 'right' });
  for (const password of ['a', 'b', 'c']) await assert.rejects(open({ password }), code('PASSWORD_WRONG'));

  await assert.rejects(open({ password: 'right' }), (error: Error) => {
    assert.ok('code' in error && error.code === 'PASSWORD_PAUSE');
    assert.match(error.message, /in 2 s$/);
    return true;
  });
  const change = changePassword(state, 'office', { password: 'right', newPassword: 'new' }, NOW);
  await assert.rejects(change, code('PASSWORD_PAUSE'), 'a change is no way around it');
  await open({ password: 'right' }, NOW + 2000);
  await open({ password: 'right' }, NOW + 2000);
});

test('guesses made at once count as those made in turn, also by the next service', { skip }, async (t) => {
  const { open, state, path } = await installed(t, PASSWORD);
  await open({ newPassword: 'right' });
  const first = openingOf(state, NOW);
  const guesses = Array.from({ length: 6 }, (_, at) => first.authenticate('office', by({ password: `${at}` })));
  const outcomes = await Promise.allSettled(guesses);

  const codes = outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason.code);
  assert.deepEqual(codes, [...Array(3).fill('PASSWORD_WRONG'), ...Array(3).fill('PASSWORD_PAUSE')]);
  await assert.rejects(openingOf(state, NOW).authenticate('office', by({ password: 'right' })), code('PASSWORD_PAUSE'));
  assert.equal(JSON.parse(readFileSync(path, 'utf8')).wrong.count, 3);
});

test('a guess is counted before it is looked at: a service killed meanwhile has counted it', { skip }, async (t) => {
  const { open, path } = await installed(t, PASSWORD);
  await open({ newPassword: 'right' });

  const guess = open({ password: 'wrong' });
  guess.catch(() => undefined);
  while (!readFileSync(path, 'utf8').includes('"wrong":{')) await new Promise(setImmediate);
  const killedNow = readFileSync(path, 'utf8');
  await assert.rejects(guess, code('PASSWORD_WRONG'));

  assert.equal(JSON.parse(killedNow).wrong.count, 1);
});

test('killed at any point of a change the old or the new password opens: the file is one or the other', {
  skip,
}, async (t) => {
  const { open, state, path } = await installed(t, PASSWORD);
  await open({ newPassword: 'old' });
  const seen = new Set<string>();
  let isOver = false;
  const changing = changePassword(state, 'office', { password: 'old', newPassword: 'new' }, NOW).finally(() => {
    isOver = true;
  });
  while (!isOver) {
    seen.add(readFileSync(path, 'utf8'));
    await new Promise(setImmediate);
  }
  await changing;
  seen.add(readFileSync(path, 'utf8'));

  assert.ok(seen.size >= 2);
  for (const bytes of seen) {
    writeFileSync(path, bytes);
    const opens = await Promise.allSettled([open({ password: 'old' }, NOW), open({ password: 'new' }, NOW)]);
    assert.equal(opens.filter(({ status }) => status === 'fulfilled').length, 1, bytes);
  }
});

test('a password that a package’s newer rules would not take is changed at the next opening: PASSWORD_CHANGE', {
  skip,
}, async (t) => {
  const { project, install, open } = await installed(t, PASSWORD);
  await open({ newPassword: 'short' });
  await project.setPolicy(STRICT);
  await install((await project.build('two')).folder, { replace: true });

  await assert.rejects(open({ password: 'short' }), code('PASSWORD_CHANGE'));
  await open({ password: 'short', newPassword: 'longer than 8' });
  await open({ password: 'longer than 8' });
});

test('facts 7 and 8: a package of policies alone changes no authentication; POLICY_NEEDS_MACHINE names the machine, and one with the machine brings it', {
  skip,
}, async (t) => {
  const { project, install, open, state } = await installed(t, PASSWORD);
  await open({ newPassword: 'right' });
  const before = await readPolicy(state, 'office');
  await project.setPolicy({ authentication: { type: 'none' } });
  await assert.rejects(project.build('two', { kind: 'policy', force: false }), code('POLICY_NEEDS_MACHINE'));
  const { folder } = await project.build('three', { kind: 'policy', force: true });

  await assert.rejects(install(folder), (error: Error) => {
    assert.ok('code' in error && error.code === 'POLICY_NEEDS_MACHINE');
    assert.match(error.message, /authentication of office/);
    return true;
  });

  assert.deepEqual(await readPolicy(state, 'office'), before);
  await assert.rejects(open(), code('PASSWORD_NEEDED'));
  await open({ password: 'right' });
  await install((await project.build('four')).folder, { replace: true });
  await open();
});

test('a password that is asked for no more is forgotten, and opens nothing when a later package asks for one', {
  skip,
}, async (t) => {
  const { project, install, open, state, path } = await installed(t, PASSWORD);
  await open({ newPassword: 'first' });
  await project.setPolicy({ authentication: { type: 'none' } });
  await install((await project.build('two')).folder, { replace: true });
  await assert.rejects(changePassword(state, 'office', {}, NOW), code('PASSWORD_NONE'));
  await open();
  assert.ok(!existsSync(path));
  await project.setPolicy(PASSWORD);
  await install((await project.build('three')).folder, { replace: true });

  await assert.rejects(open({ password: 'first' }), code('PASSWORD_UNSET'));
});

test('fact 81: a machine that is put back to how it was installed opens with its first password', {
  skip,
}, async (t) => {
  const { open, state } = await installed(t, PASSWORD);
  await open({ newPassword: 'first' });
  for (const [password, newPassword] of [
    ['first', 'second'],
    ['second', 'third'],
  ] as const)
    await changePassword(state, 'office', { password, newPassword }, NOW);

  await reimage(state, 'office', { dataDisk: false });

  await assert.rejects(open({ password: 'third' }), code('PASSWORD_WRONG'));
  await open({ password: 'first' });
});

test('PASSWORD_DAMAGED: a damaged file opens nothing; a backup of it does', { skip }, async (t) => {
  const { open, path } = await installed(t, PASSWORD);
  await open({ newPassword: 'right' });
  const backup = readFileSync(path);
  for (const damage of ['', '{}', '{"format":1}', backup.toString().replace(/"hash":"..../, '"hash":"')]) {
    writeFileSync(path, damage);
    for (const given of [{}, { password: 'right' }, { newPassword: 'mine' }])
      await assert.rejects(open(given), code('PASSWORD_DAMAGED'));
  }
  writeFileSync(path, backup);

  await open({ password: 'right' });
});
