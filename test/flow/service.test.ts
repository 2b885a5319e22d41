import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { scriptOf } from '../../lab/programs.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { madeProject, scratch } from '../fakes/made-project.ts';
import { threeVersions } from '../fakes/quarantine.ts';
import { drippingServer } from '../fakes/slow-servers.ts';

const skip =
  hasProgram('qemu-img') && hasProgram('ip') && process.getuid?.() === 0 ? false : 'needs root, qemu-img and ip';

interface Ended {
  status: number | null;
  stdout: string;
  stderr: string;
}

function launch(
  program: 'lazaret' | 'lazaret-manager' | 'lazaretd',
  args: readonly string[],
  env = {},
): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [scriptOf(program), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  return { child, ended: once(child, 'close').then(([status]) => ({ status, stdout, stderr })) };
}

/** A service on a folder of its own, and its user’s command line. */
async function service(t: TestContext, folder = scratch(t), node: readonly string[] = []) {
  const where = ['--state', join(folder, 'state'), '--run', join(folder, 'run'), '--accel', 'tcg'];
  const socket = join(folder, 'run', 'lazaretd.sock');
  // A service that was killed has left its socket.
  rmSync(socket, { force: true });
  const { child, ended } = launch('lazaretd', where, { NODE_OPTIONS: node.join(' ') });
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  while (!existsSync(socket) && child.exitCode === null) await sleep(20);
  const lazaret = async (...args: string[]) => await launch('lazaret', ['--socket', socket, ...args]).ended;
  return { folder, where, socket, child, ended, lazaret };
}

function failure({ stdout }: Ended) {
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '').error;
}

test('a service without machines answers, and what is not there has a code', { skip }, async (t) => {
  const { lazaret, socket } = await service(t);

  assert.deepEqual(JSON.parse((await lazaret('list', '--json')).stdout), []);
  assert.equal(statSync(socket).mode & 0o007, 0, 'nobody but root and a group may use the socket');
  const unknown = await lazaret('start', 'office', '--json');
  assert.equal(unknown.status, 66);
  assert.equal(failure(unknown).code, 'VM_UNKNOWN');
  assert.equal(failure(await lazaret('stop', '../..', '--json')).code, 'VM_UNKNOWN');
  const plain = await lazaret('start', 'office');
  assert.match(plain.stderr, /^VM_UNKNOWN: .*\n→ Run /);
});

test('a first installation wants the fingerprint; the next service knows the project and its machines', {
  skip,
}, async (t) => {
  const project = await madeProject(t);
  const { folder } = await project.build('one');
  const first = await service(t);

  const asked = await first.lazaret('install', folder, '--json');
  assert.equal(asked.status, 77);
  assert.deepEqual(
    [failure(asked).code, failure(asked).details],
    ['TRUST_CONFIRM', { name: 'Acme', fingerprint: project.fingerprint }],
  );
  const planned = await first.lazaret('plan', folder, '--fingerprint', project.fingerprint);
  assert.match(planned.stdout, /office would be installed/);
  assert.equal((await first.lazaret('install', folder, '--fingerprint', project.fingerprint.toUpperCase())).status, 0);
  first.child.kill('SIGKILL');
  await first.ended;
  const second = await service(t, first.folder);

  const [machine] = JSON.parse((await second.lazaret('list', '--json')).stdout);
  assert.deepEqual([machine.vm, machine.state, machine.generation], ['office', 'stopped', 1]);
  assert.equal((await second.lazaret('install', folder)).status, 0, 'the same package again is no harm');
  const events = (await second.lazaret('events', '--json')).stdout.trim().split('\n');
  assert.equal(JSON.parse(events[0] ?? '').kind, 'installed');
});

test('a machine whose files are damaged does not keep the service from the others', { skip }, async (t) => {
  const project = await madeProject(t);
  await project.addVm('lab');
  const { folder } = await project.build('one');
  const first = await service(t);
  assert.equal((await first.lazaret('install', folder, '--fingerprint', project.fingerprint)).status, 0);
  first.child.kill('SIGKILL');
  await first.ended;
  writeFileSync(join(first.folder, 'state', 'instances', 'lab', 'instance.json'), '{"format":1,"vm');

  const { lazaret } = await service(t, first.folder);

  assert.equal(JSON.parse((await lazaret('status', 'office', '--json')).stdout).state, 'stopped');
  assert.equal(JSON.parse((await lazaret('status', 'lab', '--json')).stdout).code, 'STATE_DAMAGED');
  assert.equal(failure(await lazaret('start', 'lab', '--json')).code, 'STATE_DAMAGED');
  const { machines } = JSON.parse((await lazaret('status', '--json')).stdout);
  assert.deepEqual(
    machines.map(({ vm, state, code }: Record<string, unknown>) => [vm, state, code]),
    [
      ['lab', 'damaged', 'STATE_DAMAGED'],
      ['office', 'stopped', undefined],
    ],
  );
  assert.match(
    (await lazaret('status')).stdout,
    /lab {2}damaged\n {2}STATE_DAMAGED: .*instance\.json is damaged\n {4}because .*\n {2}→ /,
  );
});

test('a lost link and lost names of the project hide nothing, and the next service removes nothing', {
  skip,
}, async (t) => {
  const project = await madeProject(t);
  await project.addVm('lab');
  const { folder } = await project.build('one');
  const first = await service(t);
  assert.equal((await first.lazaret('install', folder, '--fingerprint', project.fingerprint)).status, 0);
  first.child.kill('SIGKILL');
  await first.ended;
  const state = join(first.folder, 'state');
  rmSync(join(state, 'instances', 'lab', 'current'));
  rmSync(join(state, 'instances', 'office', 'current'));
  writeFileSync(join(state, 'trust', 'project.json'), '{');

  const { lazaret } = await service(t, first.folder);

  const proved = await lazaret('doctor', '--check', '--json');
  assert.notEqual(proved.status, 0);
  assert.match(
    proved.stdout,
    /machine lab: [^"]*current is missing","ok":false,"remedy":"Install the newest package again/,
  );
  const status = JSON.parse((await lazaret('status', '--json')).stdout);
  assert.deepEqual(
    [status.projectFailure.code, status.machines.map(({ state }: Record<string, unknown>) => state)],
    ['TRUST_INVALID', ['damaged', 'damaged']],
  );
  assert.match(
    (await lazaret('status')).stdout,
    /^project\n {2}TRUST_INVALID: .*\n {4}because .*\n {2}→ [\s\S]*lab {2}damaged/,
  );
  assert.ok(existsSync(join(state, 'instances', 'lab', 'generations', '1', 'overlay.qcow2')));
  const removed = await lazaret('uninstall', 'lab', '--yes');
  assert.deepEqual([removed.status, existsSync(join(state, 'instances', 'lab'))], [0, false]);
});

test('two services do not work on one state folder, and none takes another’s socket', { skip }, async (t) => {
  const { where, folder } = await service(t);

  const second = await launch('lazaretd', [...where, '--json']).ended;
  assert.equal(second.status, 75);
  assert.equal(failure(second).code, 'DAEMON_BUSY');

  const taken = join(folder, 'taken.sock');
  const other = createServer().listen(taken);
  t.after(() => other.close());
  await once(other, 'listening');
  const third = await launch('lazaretd', [
    '--state',
    join(folder, 'other'),
    '--run',
    join(folder, 'run'),
    '--socket',
    taken,
    '--accel',
    'tcg',
    '--json',
  ]).ended;
  assert.equal(failure(third).code, 'PORT_IN_USE');
});

test('Ctrl-C ends the service and takes its socket away', { skip }, async (t) => {
  const { child, ended, socket } = await service(t);

  child.kill('SIGINT');

  assert.equal((await ended).status, 0);
  assert.equal(existsSync(socket), false);
});

test('SIGTERM ends the service while a start waits for a policy server that sends a byte now and then', {
  skip,
}, async (t) => {
  const dripping = await drippingServer(t);
  const project = await madeProject(t);
  await project.setQuarantine(threeVersions());
  await project.setProject({ policyServer: dripping.address });
  const { folder } = await project.build('one');
  const { lazaret, child, ended, folder: computer } = await service(t);
  assert.equal((await lazaret('install', folder, '--fingerprint', project.fingerprint)).status, 0);
  const start = lazaret('start', 'office', '--json');
  await dripping.asked;
  child.kill('SIGTERM');

  const { status, stdout, stderr } = await ended;
  assert.equal(status, 0);
  assert.doesNotMatch(stdout + stderr, /policy look-up failed/, 'it was given up, and not waited for');
  assert.equal((await start).status, 69, 'who asked is told that nobody answers any more');
  assert.deepEqual(globSync('**/machine.json', { cwd: join(computer, 'run') }), [], 'no machine runs');
});

test('what nobody caught is an event and an orderly end, with a status that has the service started anew', {
  skip,
}, async (t) => {
  const folder = scratch(t);
  const bug = join(folder, 'bug.mjs');
  writeFileSync(bug, "process.on('SIGUSR2', () => void Promise.reject(new Error('nobody caught this')));\n");
  const { child, ended, socket } = await service(t, folder, ['--import', bug]);

  child.kill('SIGUSR2');

  assert.equal((await ended).status, 70);
  assert.equal(existsSync(socket), false, 'its socket has gone');
  const { lazaret } = await service(t, folder);
  assert.match((await lazaret('events')).stdout, /the service ends because of a bug: Error: nobody caught this/);
});

test('without a service the command line says so', async (t) => {
  const ended = await launch('lazaret', ['--socket', join(scratch(t), 'none.sock'), 'list', '--json']).ended;

  assert.equal(ended.status, 69);
  assert.equal(failure(ended).code, 'DAEMON_UNREACHABLE');
});

test('an installation that is interrupted is given up by the service, and leaves nothing', { skip }, async (t) => {
  const project = await madeProject(t);
  const { folder } = await project.build('one');
  const { lazaret, socket, folder: computer } = await service(t);
  const { child, ended } = launch('lazaret', [
    '--socket',
    socket,
    'install',
    folder,
    '--fingerprint',
    project.fingerprint,
  ]);

  await once(child.stderr ?? child, 'data');
  child.kill('SIGINT');
  const { status } = await ended;

  assert.ok(status === 75 || status === 0, `${status}`);
  assert.equal((await lazaret('install', folder, '--fingerprint', project.fingerprint)).status, 0);
  assert.deepEqual(readdirSync(join(computer, 'state', 'staging')), []);
});

const WRONG: [title: string, args: string[], code: string, status: number][] = [
  ['an unknown command', ['dance'], 'USAGE', 64],
  ['a missing argument', ['vm', 'add'], 'USAGE', 64],
  ['an unknown option', ['vm', 'list', '--colour'], 'USAGE', 64],
  ['a folder that is no project', ['vm', 'list'], 'PROJECT_MISSING', 66],
];

for (const [title, args, code, status] of WRONG) {
  test(`${title} has a code and an exit status`, async (t) => {
    const ended = await launch('lazaret-manager', ['-C', scratch(t), ...args, '--json']).ended;

    assert.deepEqual([failure(ended).code, ended.status], [code, status]);
  });
}

test('what is wrong with a command line is said once', async (t) => {
  const { stderr } = await launch('lazaret-manager', ['-C', scratch(t), 'vm', 'list', '--colour']).ended;

  assert.equal(stderr.match(/unknown option/g)?.length, 1, stderr);
});

test('a wrong passphrase, and none at all, have a code; a passphrase is never an argument', { skip }, async (t) => {
  const { folder } = await madeProject(t);
  const manager = (env: object, ...args: string[]) =>
    launch('lazaret-manager', ['-C', folder, ...args, '--json'], env).ended;
  const file = join(scratch(t), 'passphrase');
  writeFileSync(file, 'correct horse\n');

  assert.equal(failure(await manager({ LAZARET_PASSPHRASE: 'wrong' }, 'deploy')).code, 'KEY_PASSPHRASE');
  assert.equal(failure(await manager({ LAZARET_PASSPHRASE: undefined }, 'deploy')).code, 'USAGE');
  assert.equal(failure(await manager({}, 'deploy', '--passphrase', 'correct horse')).code, 'USAGE');
  assert.equal((await manager({}, '--passphrase-file', file, 'deploy')).status, 0);
});

test('a port in use has a code', { skip }, async (t) => {
  const { folder } = await madeProject(t);
  const other = createServer().listen(0, '127.0.0.1');
  t.after(() => other.close());
  await once(other, 'listening');
  const address = other.address();
  const port = typeof address === 'object' && address ? address.port : 0;

  const ended = await launch('lazaret-manager', ['-C', folder, 'serve', '--port', `${port}`, '--json']).ended;

  assert.equal(failure(ended).code, 'PORT_IN_USE');
});
