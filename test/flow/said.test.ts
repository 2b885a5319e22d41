import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { BIN } from '../../lab/programs.ts';
import { failureIn, program } from '../fakes/command-line.ts';
import { madeProject, scratch } from '../fakes/made-project.ts';

/** A real service of its own, and its user’s command line. */
async function service(t: TestContext) {
  const folder = scratch(t);
  const socket = join(folder, 'run', 'lazaretd.sock');
  const where = ['--state', join(folder, 'state'), '--run', join(folder, 'run'), '--accel', 'tcg'];
  const child: ChildProcess = spawn(join(BIN, 'lazaretd'), [...where, '--group', 'no-such-group'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  });
  let said = '';
  for (const output of [child.stdout, child.stderr])
    output?.on('data', (chunk) => {
      said += chunk;
    });
  while (!existsSync(socket) && child.exitCode === null) await sleep(20);
  while (!said.includes('ready') && child.exitCode === null) await sleep(20);
  return { said: () => said, lazaret: (...args: string[]) => program('lazaret', ['--socket', socket, ...args]) };
}

test('what is asked of a machine that is not installed is answered so, and not with “start it first”', async (t) => {
  const { lazaret } = await service(t);

  for (const words of [
    ['explain', 'nowhere', '10.0.0.1:80'],
    ['look-up', 'nowhere'],
    ['view', 'nowhere'],
  ])
    assert.equal(failureIn(await lazaret(...words, '--json')).code, 'VM_UNKNOWN', words.join(' '));
});

test('a path where nothing is, and a folder without a package, are called what they are', async (t) => {
  const { lazaret } = await service(t);

  const nothing = failureIn(await lazaret('install', '/nowhere/at/all', '--json'));
  const empty = failureIn(await lazaret('install', scratch(t), '--json'));

  assert.deepEqual([nothing.code, empty.code], ['FILE_MISSING', 'PACKAGE_INVALID']);
  assert.match(`${empty.reason} ${empty.remedy}`, /holds no Lazaret package.*Check the path/);
});

test('a failure is shown with what led to it, on the command line and in the service’s answer', async (t) => {
  const { lazaret } = await service(t);
  const empty = scratch(t);

  const shown = await lazaret('install', empty);
  const answer = failureIn(await lazaret('install', empty, '--json'));

  assert.match(
    shown.stderr,
    /^PACKAGE_INVALID: .*\n {2}because TRUST_INVALID: .*\n {2}because FETCH_MISSING: .*\n {2}because ENOENT: .*\n→ Check the path/,
  );
  assert.deepEqual(
    answer.causes.map((cause) => cause.split(':', 1)[0]),
    ['TRUST_INVALID', 'FETCH_MISSING', 'ENOENT'],
  );
});

test('a replacement with a data disk says that what was changed on the system disk is lost', async (t) => {
  const project = await madeProject(t, 'Acme', Date.now(), { dataDiskMiB: 64 });
  const { lazaret } = await service(t);
  const one = await project.build('one');
  assert.equal((await lazaret('install', one.folder, '--fingerprint', project.fingerprint)).status, 0);
  await project.changeDisk(0);
  const two = await project.build('two', { kind: 'update' });
  const lost = /what was changed on its system disk is lost, its data disk stays as it is/;

  assert.match((await lazaret('plan', two.folder)).stdout, lost);
  assert.match((await lazaret('install', two.folder)).stdout, lost);
});

test('a service without its group says that root alone may use it, and how to make one', async (t) => {
  const { said } = await service(t);

  assert.match(said(), /no such group.*only root.*groupadd --system/);
});

test('a plan of what would fail has the status of that failure, as the installation would', async (t) => {
  const project = await madeProject(t);
  const { lazaret } = await service(t);
  const one = await project.build('one');
  const two = await project.build('two');
  const given = ['--fingerprint', project.fingerprint];

  const first = await lazaret('plan', one.folder, ...given);
  assert.equal((await lazaret('install', one.folder, ...given)).status, 0);
  const planned = await lazaret('plan', two.folder);
  const installed = await lazaret('install', two.folder, '--json');

  assert.equal(first.status, 0, first.stderr);
  assert.match(planned.stdout, /^ +INSTALL_CONFIRM: /m);
  assert.deepEqual([planned.status, installed.status, failureIn(installed).code], [75, 75, 'INSTALL_CONFIRM']);
});

test('a plan of an update whose base is not here has the status of that failure', async (t) => {
  const project = await madeProject(t);
  const { lazaret } = await service(t);
  const one = await project.build('one');
  assert.equal((await lazaret('install', one.folder, '--fingerprint', project.fingerprint)).status, 0);
  await project.changeDisk(0);
  await project.build('two', { kind: 'update' });
  await project.changeDisk(256 << 10);
  const three = await project.build('three', { kind: 'update' });

  const planned = await lazaret('plan', three.folder);
  const installed = await lazaret('install', three.folder, '--yes', '--json');

  assert.match(planned.stdout, /^ +LAYER_BASE_MISSING: .*release 2/m);
  assert.deepEqual([planned.status, installed.status, failureIn(installed).code], [69, 69, 'LAYER_BASE_MISSING']);
});

test('a stop says at once that the guest is asked, and how long it may take', async (t) => {
  const socket = join(scratch(t), 'slow.sock');
  const asked = Promise.withResolvers<void>();
  const slow = createServer((request, response) => {
    if (!request.url?.endsWith('/stop')) return void response.end();
    asked.resolve();
    response.flushHeaders();
  }).listen(socket);
  t.after(() => {
    slow.closeAllConnections();
    slow.close();
  });
  const child = spawn(join(BIN, 'lazaret'), ['--socket', socket, 'stop', 'office'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));

  const [told] = await once(child.stderr, 'data');

  await asked.promise;
  assert.match(String(told), /office is asked to shut down.*powered off in 30 s/);
});

test('nobody is told that a machine is asked to shut down that does not run', async (t) => {
  const project = await madeProject(t);
  const { lazaret } = await service(t);
  const one = await project.build('one');
  assert.equal((await lazaret('install', one.folder, '--fingerprint', project.fingerprint)).status, 0);

  for (const [vm, code] of [
    ['office', 'VM_NOT_RUNNING'],
    ['ofice', 'VM_UNKNOWN'],
  ] as const) {
    const { stderr, status } = await lazaret('stop', vm);
    assert.notEqual(status, 0);
    assert.ok(stderr.startsWith(`${code}: `), stderr);
  }
});

test('what an installation does is said in words', async (t) => {
  const project = await madeProject(t);
  const { lazaret } = await service(t);
  const one = await project.build('one');

  const { stderr } = await lazaret('install', one.folder, '--fingerprint', project.fingerprint);

  assert.match(stderr, /^building the disk, layer [0-9a-f]{12}$/m);
  assert.match(stderr, /^office: its system is in place$/m);
});
