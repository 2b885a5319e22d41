import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { instancePaths } from '../../src/install/state/layout.ts';
import { askUnix } from '../../src/sys/http/http-client.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { failureIn } from '../fakes/command-line.ts';
import { madeProject } from '../fakes/made-project.ts';
import { said } from '../fakes/remedy.ts';
import { ALICE, BOB, CAROL, GROUP, sharedComputer, usersSkip } from '../fakes/users.ts';

const skip = usersSkip || (hasProgram('qemu-img') ? false : 'qemu-img is not installed');

/** A computer of several users on which Alice has installed `office`. */
async function alices(t: TestContext) {
  const project = await madeProject(t);
  const one = await project.build('one');
  const computer = await sharedComputer(t);
  const stop = await computer.start();
  const { lazaret } = computer;
  const names = async (uid: number) => (said(await lazaret(uid, 'list')) as { vm: string }[]).map(({ vm }) => vm);
  const install = (uid: number, folder: string, ...more: string[]) =>
    lazaret(uid, 'install', folder, '--fingerprint', project.fingerprint, ...more);
  said(await install(ALICE, one.folder));
  return { ...computer, project, one, stop, names, install };
}

/** All that the service answers on a socket. */
async function answers(socket: string, path: string, body?: object): Promise<unknown[]> {
  const { lines } = await askUnix(socket, { method: body ? 'POST' : 'GET', path, ...(body ? { body } : {}) });
  return Array.fromAsync(lines);
}

const codeOf = async (socket: string, path: string, body?: object) =>
  ((await answers(socket, path, body)) as { error?: { code: string } }[])[0]?.error?.code;

test('a machine is its user’s who installed it: another does not see it, and cannot do anything with it', {
  skip,
}, async (t) => {
  const { names, lazaret, socket, socketOf, state } = await alices(t);

  assert.deepEqual(await Promise.all([ALICE, BOB, 0].map(names)), [['office'], [], ['office']]);
  const commands = [
    ...[
      ['status', 'office'],
      ['start', 'office'],
      ['stop', 'office'],
      ['rollback', 'office'],
      ['reimage', 'office', '--yes'],
      ['reset', 'office'],
      ['snapshot', 'list', 'office'],
      ['clipboard', 'show', 'office'],
      ['clipboard', 'take', 'office'],
      ['look-up', 'office'],
    ],
    ...[
      ['explain', 'office', '10.0.0.1:80'],
      ['uninstall', 'office', '--yes'],
      ['update', 'office'],
    ],
    ...[
      ['console', 'office'],
      ['view', 'office'],
    ],
  ];
  for (const words of commands) {
    const [his, nowhere] = [
      await lazaret(BOB, ...words),
      await lazaret(BOB, ...words.map((word) => (word === 'office' ? 'nowhere' : word))),
    ];
    assert.deepEqual(
      failureIn(his),
      JSON.parse(JSON.stringify(failureIn(nowhere)).replaceAll('nowhere', 'office')),
      words.join(' '),
    );
    assert.equal(failureIn(his).code, 'VM_UNKNOWN', words.join(' '));
  }
  for (const path of ['status', 'support', 'events'])
    assert.doesNotMatch(
      JSON.stringify(await answers(socket, `/v1/${path}`)),
      /office/,
      `by the group’s socket: ${path}`,
    );
  for (const [at, path, body] of [
    [socket, 'prove', {}],
    [socket, 'servers', undefined],
    [socketOf(BOB), 'prove', {}],
  ] as const)
    assert.doesNotMatch(JSON.stringify(await answers(at, `/v1/${path}`, body)), /office/, `${at}: ${path}`);
  assert.match(JSON.stringify(await answers(socketOf(ALICE), '/v1/prove', {})), /office/);
  for (const [path, body] of [
    ['/v1/machines/office', undefined],
    ['/v1/machines/office/start', {}],
    ['/v1/machines/office/stop', { force: true }],
    ['/v1/uninstall', { vms: ['office'], confirmed: true }],
  ] as const)
    assert.equal(await codeOf(socket, path, body), 'VM_UNKNOWN', `by the group’s socket: ${path}`);
  assert.equal(JSON.parse(readFileSync(instancePaths(state, 'office').file, 'utf8')).owner, ALICE);
  assert.equal(failureIn(await lazaret(ALICE, 'console', 'office')).code, 'VM_NOT_RUNNING');
  said(await lazaret(ALICE, 'uninstall', 'office', '--yes'));
});

test('by a page the same holds: it is its user’s who asked for the link', { skip }, async (t) => {
  const { lazaret } = await alices(t);
  const page = async (uid: number) => {
    const { url } = said(await lazaret(uid, 'open', '--no-browser')) as { url: string };
    const { origin } = new URL(url);
    const cookie = (await fetch(url)).headers.get('set-cookie')?.split(';')[0] ?? '';
    return async (method: string, path: string) =>
      (await fetch(`${origin}/api/v1/${path}`, { method, headers: { cookie, origin } })).text();
  };
  const [hers, his] = [await page(ALICE), await page(BOB)];

  assert.match(await hers('GET', 'status'), /office/);
  assert.doesNotMatch(
    (await his('GET', 'status')) + (await his('GET', 'events')) + (await his('GET', 'support')),
    /office/,
  );
  for (const [method, path] of [
    ['GET', 'machines/office'],
    ['POST', 'machines/office/start'],
    ['POST', 'machines/office/rollback'],
    ['POST', 'machines/office/reimage'],
    ['GET', 'machines/office/clipboard'],
    ['POST', 'machines/office/clipboard/give'],
    ['POST', 'machines/office/clipboard/take'],
    ['POST', 'machines/office/files?name=a'],
    ['GET', 'machines/office/snapshots'],
    ['POST', 'machines/office/snapshots'],
    ['POST', 'machines/office/snapshots/revert'],
    ['POST', 'machines/office/snapshots/remove'],
  ] as const)
    assert.match(await his(method, path), /VM_UNKNOWN/, path);
  assert.match(await hers('POST', 'machines/office/rollback'), /ROLLBACK_NONE/);
});

test('what is told of a machine is told its user and root: events, what supports are written, checks', {
  skip,
}, async (t) => {
  const { lazaret, folder, names, install, one } = await alices(t);
  const told = async (uid: number) => (await lazaret(uid, 'events')).stdout;

  assert.match(await told(ALICE), /office/);
  assert.match(await told(0), /office/);
  assert.doesNotMatch(await told(BOB), /office/);
  await lazaret(0, 'support', '--out', `${folder}/roots`);
  assert.match(readFileSync(`${folder}/roots`, 'utf8'), /office/);
  said(await lazaret(ALICE, 'uninstall', 'office', '--yes'));
  said(await install(BOB, one.folder));

  assert.deepEqual(await names(BOB), ['office']);
  assert.doesNotMatch(await told(BOB), /uninstalled/, 'what was of a machine of the same name before is not his');
  assert.match(await told(ALICE), /uninstalled/);
});

test('root sees whose each machine is, and may take any away', { skip }, async (t) => {
  const { rootsText, lazaret, names, install, project } = await alices(t);
  await project.addVm('lab');
  said(await install(0, (await project.build('two')).folder, '--for', 'all', '--yes'));

  const { stdout } = await rootsText('list');
  assert.match(stdout, /^lab .*everybody’s$/m);
  assert.match(stdout, /^office .*of alice$/m);
  assert.deepEqual(await Promise.all([ALICE, BOB].map(names)), [['lab', 'office'], ['lab']]);
  said(await lazaret(0, 'uninstall', 'office', '--yes'));
  assert.deepEqual(await names(ALICE), ['lab']);
});

test('--for says whose a machine is to be: everybody’s, and by root another’s', { skip }, async (t) => {
  const { names, install, lazaret, one } = await alices(t);
  const again = async (uid: number, ...more: string[]) => {
    said(await lazaret(0, 'uninstall', 'office', '--yes'));
    return install(uid, one.folder, ...more);
  };

  said(await again(ALICE, '--for', 'all'));
  assert.deepEqual(await Promise.all([ALICE, BOB].map(names)), [['office'], ['office']]);
  said(await again(0, '--for', 'bob'));
  assert.deepEqual(await Promise.all([ALICE, BOB].map(names)), [[], ['office']]);
  said(await again(0));
  assert.deepEqual(await Promise.all([ALICE, BOB].map(names)), [['office'], ['office']], 'what root installs');
  assert.equal(failureIn(await again(ALICE, '--for', 'bob')).code, 'ROOT_NEEDED');
  assert.equal(failureIn(await install(ALICE, one.folder, '--for', 'nobody-knows')).code, 'USAGE');
});

test('VM_TAKEN: another’s machine of that name is left alone, and what its remedy says is done, and works', {
  skip,
}, async (t) => {
  const { names, install, lazaret, project, state } = await alices(t);
  await project.addVm('lab');
  const two = await project.build('two');

  const failure = failureIn(await install(BOB, two.folder, '--yes'));
  assert.equal(failure.code, 'VM_TAKEN');
  assert.doesNotMatch(JSON.stringify(failure), /alice|47101/);
  assert.deepEqual(await names(BOB), ['lab'], 'the rest of the package is installed');
  const hers = said(await lazaret(ALICE, 'status', 'office')) as { generation: number };
  assert.equal(hers.generation, 1, 'hers is as it was');
  assert.equal(JSON.parse(readFileSync(instancePaths(state, 'office').file, 'utf8')).owner, ALICE);
  said(await lazaret(0, 'uninstall', 'office', '--yes'));
  said(await install(0, two.folder, '--for', 'all'));
  assert.deepEqual(await names(BOB), ['lab', 'office']);
});

test('a machine that was installed before anybody’s was known is everybody’s; of one whose owner is lost root alone knows', {
  skip,
}, async (t) => {
  const { names, install, state, one } = await alices(t);
  const { file } = instancePaths(state, 'office');
  const { owner: _owner, ...former } = JSON.parse(readFileSync(file, 'utf8'));

  writeFileSync(file, JSON.stringify(former));
  assert.deepEqual(await Promise.all([ALICE, BOB].map(names)), [['office'], ['office']]);
  writeFileSync(file, 'broken');
  assert.deepEqual(await Promise.all([ALICE, BOB, 0].map(names)), [[], [], ['office']]);
  assert.equal(failureIn(await install(BOB, one.folder, '--yes')).code, 'VM_TAKEN', 'nobody else mends it for himself');
  said(await install(0, one.folder, '--yes'));
  assert.deepEqual(await Promise.all([ALICE, BOB, 0].map(names)), [[], [], ['office']], 'mended, and still root’s');
  writeFileSync(file, 'broken');
  said(await install(0, one.folder, '--yes', '--for', 'alice'));
  assert.deepEqual(await Promise.all([ALICE, BOB].map(names)), [['office'], []]);
});

test('a process that is in the group although its account is not has what is everybody’s, and is told so', {
  skip,
}, async (t) => {
  const { names, lazaret, as, install, one, socket } = await alices(t);
  const dave = 47_104;
  assert.deepEqual(await names(dave), []);
  assert.equal(failureIn(await lazaret(dave, 'status', 'office')).code, 'VM_UNKNOWN');
  assert.equal(failureIn(await install(dave, one.folder)).code, 'DAEMON_DENIED', 'it would be everybody’s unsaid');
  const { stderr } = await as(dave, `${import.meta.dirname}/../../bin/lazaret`, '--socket', socket, 'list');
  assert.match(stderr, /number 47104 is not in the group .*: only machines that are everybody’s are here for it/);

  said(await lazaret(ALICE, 'uninstall', 'office', '--yes'));
  said(await install(dave, one.folder, '--for', 'all'));
  assert.deepEqual(await Promise.all([dave, ALICE].map(names)), [['office'], ['office']]);
  assert.equal(failureIn(await lazaret(CAROL, 'list')).code, 'DAEMON_DENIED', 'without the group nobody comes in');
});

test('a user’s socket is his alone, and nobody can put anything in its place', { skip }, async (t) => {
  const { as, lazaret, socketOf, run, socket, stop, start, names } = await alices(t);
  const his = socketOf(ALICE);
  const direct = (uid: number, path: string) =>
    as(uid, `${import.meta.dirname}/../../bin/lazaret`, '--socket', path, 'list', '--json');

  assert.deepEqual((said(await direct(ALICE, his)) as unknown[]).length, 1);
  for (const uid of [BOB, CAROL]) assert.equal(failureIn(await direct(uid, his)).code, 'DAEMON_DENIED');
  assert.equal(failureIn(await lazaret(CAROL, 'list')).code, 'DAEMON_DENIED');
  const { mode, uid } = statSync(his);
  assert.deepEqual([mode & 0o777, uid], [0o600, ALICE]);
  const { mode: above, gid } = statSync(`${run}/users`);
  assert.deepEqual([above & 0o777, gid], [0o710, GROUP]);
  for (const words of [
    ['mv', his, `${his}.old`],
    ['ln', '-s', socket, `${run}/users/${ALICE}/other`],
    ['rm', his],
    ['mkdir', `${run}/users/${BOB}`],
    ['mv', `${run}/users/${ALICE}`, `${run}/users/${BOB}`],
  ])
    assert.notEqual((await as(ALICE, ...words)).status, 0, words.join(' '));
  assert.equal(
    await codeOf(socket, '/v1/own-socket', { uid: CAROL }),
    'DAEMON_DENIED',
    'one who is not in the group has none made',
  );
  assert.equal(await codeOf(socket, '/v1/own-socket', { uid: 4_000_000_000 }), 'DAEMON_DENIED');
  assert.deepEqual(
    await answers(his, '/v1/own-socket', { uid: BOB }),
    [{ socket: his }],
    'by his own nobody becomes another',
  );
  await stop('SIGKILL');
  await start();
  assert.deepEqual(await Promise.all([ALICE, BOB].map(names)), [['office'], []], 'after a service that was killed');
});
