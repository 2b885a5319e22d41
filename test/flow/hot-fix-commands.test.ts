import assert from 'node:assert/strict';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openByPassword } from '../../src/install/opening/password.ts';
import { Releases } from '../../src/manager/page/not-released.ts';
import { openProject } from '../../src/project/open.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { type Ended, failureIn, program } from '../fakes/command-line.ts';
import { code } from '../fakes/made-computer.ts';
import { madeProject, scratch } from '../fakes/made-project.ts';
import { service } from '../fakes/service.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';
const DAY_MS = 86_400_000;
const day = (ms: number) => new Date(ms).toLocaleDateString('sv-SE');

test('HOT_FIX_CONFIRM: both command lines say what they are about to do, and with --yes it is done', {
  skip,
}, async (t) => {
  const project = await madeProject(t);
  const manager = (...words: string[]) => program('lazaret-manager', ['-C', project.folder, ...words, '--json']);
  const lastLine = ({ stdout, stderr }: Ended) => JSON.parse(stdout.trim().split('\n').at(-1) ?? stderr);
  const done = async (...words: string[]) => {
    const ended = await manager(...words);
    assert.equal(ended.status, 0, ended.stdout + ended.stderr);
    return lastLine(ended);
  };
  await done('policy', 'expiration', 'office', '--date', day(Date.now() - DAY_MS));
  const offer = ['--email', 'help@acme.example', '--telephone', '555 0199'];
  await done('policy', 'hot-fixes', 'password', 'expired', ...offer);
  const { name, fingerprint } = (await openProject(project.folder)).file.value;
  const { folder } = await project.build('one');
  const { lazaret } = await service(t, {});
  const said = async (...words: string[]) => {
    const { status, output } = await lazaret(...words, '--json');
    return { status, ...JSON.parse(output.trim().split('\n').at(-1) ?? '') };
  };
  assert.equal((await lazaret('install', folder, '--fingerprint', fingerprint)).status, 0, name);
  assert.match((await said('start', 'office')).error.remedy, /`lazaret hot-fix request office`/);

  const work = scratch(t);
  const [asked, answered] = [join(work, 'asked'), join(work, 'answered')];
  assert.equal((await said('hot-fix', 'request', 'office')).error.code, 'USAGE', 'who asks is to be said');
  const request = await said('hot-fix', 'request', 'office', '--name', 'Bea', '--note', 'Soon.', '--out', asked);
  assert.deepEqual([request.problem, request.email, request.path], ['expired', 'help@acme.example', asked]);
  assert.equal(statSync(asked).mode & 0o077, 0);
  assert.match(
    (await lazaret('hot-fix', 'request', 'office', '--name', 'Bea', '--out', asked)).output,
    / 8: [0-9A-Z]{5} /,
  );

  assert.equal((await done('hot-fix', 'open', asked)).told.name, 'Bea');
  assert.match((await program('lazaret-manager', ['-C', project.folder, 'hot-fix', 'open', asked])).stdout, /who +Bea/);
  const approval = ['hot-fix', 'approve', asked, '--days', '3', '--out', answered];
  const unconfirmed = failureIn(await manager(...approval));
  assert.equal(unconfirmed.code, 'HOT_FIX_CONFIRM');
  assert.match(unconfirmed.reason, /lets office be used for 3 more days/);
  assert.ok(!existsSync(answered));
  await done(...approval, '--yes');

  const seen = await said('hot-fix', 'apply', answered);
  assert.equal(seen.error.code, 'HOT_FIX_CONFIRM');
  assert.match(seen.error.reason, /may be used until/);
  assert.equal((await said('status', 'office')).cannotStart.code, 'EXPIRED');
  assert.equal((await said('hot-fix', 'apply', answered, '--yes')).kind, 'renewal');
  const { cannotStart, expiration } = await said('status', 'office');
  assert.deepEqual([cannotStart, expiration.daysLeft], [undefined, 3]);
  assert.equal((await said('hot-fix', 'apply', answered, '--yes')).error.code, 'HOT_FIX_NONE');
  assert.match((await lazaret('events')).output, /hot-fix +its administrator answered: office may be used until/);
  assert.equal((await done('hot-fix', 'log')).length, 1);

  assert.equal(failureIn(await manager('hot-fix', 'approve', asked, '--date', '2020-01-01', '--yes')).code, 'USAGE');
  assert.equal(failureIn(await manager('hot-fix', 'deny')).code, 'USAGE');
  await done('policy', 'hot-fixes', 'off');
  assert.equal((await openProject(project.folder)).file.value.hotFixes, undefined);
});

test('hot fixes that are offered, or another key for them, are something to package; nothing new is not', {
  skip,
}, async (t) => {
  const project = await madeProject(t);
  const manager = (...words: string[]) => program('lazaret-manager', ['-C', project.folder, ...words, '--json']);
  const build = (name: string) => project.build(name, { kind: 'policy', force: false });
  const waits = async () => (await new Releases().missing(await openProject(project.folder))).map(({ why }) => why);
  await project.build('one');
  await assert.rejects(build('same'), code('PACKAGE_UNCHANGED'));
  assert.deepEqual(await waits(), []);
  for (const [name, ...words] of [
    ['offered', 'policy', 'hot-fixes', 'expired'],
    ['rotated', 'keys', 'rotate', 'hot-fix'],
    ['off', 'policy', 'hot-fixes', 'off'],
  ] as const) {
    assert.equal((await manager(...words)).status, 0);
    assert.deepEqual(await waits(), ['policy'], name);
    const plan = await manager('package', 'plan', '--kind', 'policy');
    assert.doesNotMatch(plan.stdout, /PACKAGE_UNCHANGED/, name);
    await build(name);
    assert.deepEqual(await waits(), []);
    await assert.rejects(build(`${name}-again`), code('PACKAGE_UNCHANGED'));
  }
});

test('what is read out by telephone goes through both command lines, without a file or a network', {
  skip,
}, async (t) => {
  const project = await madeProject(t);
  await project.setPolicy({ expiration: { type: 'date', date: day(Date.now() - DAY_MS) } });
  const manager = async (...words: string[]) => {
    const ended = await program('lazaret-manager', ['-C', project.folder, ...words, '--json']);
    assert.equal(ended.status, 0, ended.stdout + ended.stderr);
    return JSON.parse(ended.stdout.trim().split('\n').at(-1) ?? '');
  };
  await manager('policy', 'hot-fixes', 'expired');
  const { folder } = await project.build('one');
  const { lazaret, state } = await service(t, {});
  const said = async (...words: string[]) => JSON.parse((await lazaret(...words, '--json')).output.trim());
  assert.equal((await lazaret('install', folder, '--fingerprint', project.fingerprint)).status, 0);

  const asked = await said('hot-fix', 'request', 'office', '--name', 'Bea', '--out', join(state, '..', 'asked'));
  const opened = await manager('hot-fix', 'open', '--letters', asked.letters);
  assert.deepEqual([opened.vm, opened.problem, opened.way], ['office', 'expired', 'telephone']);
  const until = day(Date.now() + 9 * DAY_MS);
  const given = await manager('hot-fix', 'approve', '--letters', asked.letters, '--date', until, '--yes');
  const misheard = await said('hot-fix', 'answer', 'office', given.letters.slice(6), '--yes');
  assert.equal(misheard.error.code, 'HOT_FIX_WRONG');
  const done = await said('hot-fix', 'answer', 'office', ...given.letters.split(' '), '--yes');

  assert.equal(done.text, `office may be used until ${until}`);
  assert.equal((await said('status', 'office')).cannotStart, undefined);
});

test('the recovery key is made on the command line, kept elsewhere, and answers for encrypted disks from there', {
  skip,
}, async (t) => {
  const project = await madeProject(t);
  const manager = async (...words: string[]) => {
    const ended = await program('lazaret-manager', ['-C', project.folder, ...words, '--json']);
    return ended.status === 0 ? JSON.parse(ended.stdout.trim().split('\n').at(-1) ?? '') : failureIn(ended);
  };
  const work = scratch(t);
  const [key, secret, wrong, answered] = ['key.age', 'secret', 'wrong', 'answered'].map((name) => join(work, name));
  assert.ok(key && secret && wrong && answered);
  writeFileSync(secret, 'of the recovery key alone\n');
  writeFileSync(wrong, 'something else entirely\n');
  assert.equal((await manager('keys', 'recovery')).code, 'USAGE', 'its passphrase is to be said');
  const made = ['keys', 'recovery', '--out', key, '--recovery-passphrase-file'];
  const { recipient } = await manager(...made, secret);
  assert.match(recipient, /^age1/);
  assert.equal(statSync(key).mode & 0o077, 0);
  assert.equal((await manager(...made, secret)).code, 'KEY_EXISTS');
  assert.equal((await manager('project', 'show')).recoveryKey, recipient);
  await manager('policy', 'hot-fixes', 'password');
  const encryption = { disks: true, configuration: false, recovery: true };
  await project.setPolicy({ authentication: { type: 'password', contents: [] }, encryption });
  const { folder } = await project.build('one');
  const { lazaret, state } = await service(t, {});
  assert.equal((await lazaret('install', folder, '--fingerprint', project.fingerprint)).status, 0);
  const { diskKey } = await openByPassword(state, 'office', { newPassword: 'forgotten' }, Date.now());

  const asked = JSON.parse(
    (
      await lazaret(
        'hot-fix',
        'request',
        'office',
        '--problem',
        'password',
        '--name',
        'Bea',
        '--out',
        answered,
        '--json',
      )
    ).output,
  );
  const approve = ['hot-fix', 'approve', '--letters', asked.letters, '--yes', '--recovery-passphrase-file'];
  assert.equal((await manager(...approve, secret)).code, 'KEY_MISSING', 'it is not in the project');
  assert.equal((await manager(...approve, wrong, '--recovery-key', key)).code, 'KEY_PASSPHRASE');
  const { letters } = await manager(...approve, secret, '--recovery-key', key);
  const done = JSON.parse((await lazaret('hot-fix', 'answer', 'office', letters, '--yes', '--json')).output);

  assert.equal(done.kind, 'letters');
  const given = { password: letters, newPassword: 'kept in mind' };
  assert.equal((await openByPassword(state, 'office', given, Date.now())).diskKey, diskKey);
});
