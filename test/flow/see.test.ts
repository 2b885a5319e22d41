import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { BIN } from '../../lab/programs.ts';
import type { MachineAnswer } from '../../src/api/machine.ts';
import { Streams, streamTaker } from '../../src/daemon/doors/streams.ts';
import { AppError } from '../../src/lib/errors.ts';
import { machineSockets } from '../../src/run/machine/record.ts';
import { listenUnix } from '../../src/sys/http/http-server.ts';
import { openLog } from '../../src/sys/log.ts';
import { failureIn, program } from '../fakes/command-line.ts';
import { computer } from '../fakes/made-computer.ts';
import { madeProject, scratch } from '../fakes/made-project.ts';
import { atTerminal, ENTER } from '../fakes/terminal.ts';

const CTRL_BRACKET = '\u001d';
const GREETING = 'RFB 003.008\n';
/** What this service says of every machine that it is asked for. */
const RUNS = JSON.stringify({ vm: 'office', state: 'running' } satisfies MachineAnswer);

/** A service with a machine `office` that runs, and QEMU’s two sockets: a screen that greets, and a console that echoes. */
async function service(t: TestContext) {
  const project = await madeProject(t);
  const { install, state } = computer(t);
  await project.addVm('lab');
  await install((await project.build('one')).folder, { fingerprint: project.fingerprint });
  const runFolder = join(scratch(t), 'run');
  const { vnc, console } = machineSockets(runFolder);
  mkdirSync(dirname(vnc), { recursive: true });
  const all = new Set<Socket>();
  const qemu = async (path: string, greet: (socket: Socket) => void) => {
    const server = createServer((socket) => {
      all.add(socket.on('error', () => socket.destroy()));
      greet(socket);
    }).listen(path);
    await once(server, 'listening');
    t.after(() => server.close());
  };
  await qemu(vnc, (socket) => socket.write(GREETING));
  await qemu(console, (socket) => socket.on('data', (chunk) => socket.write(`guest: ${chunk}`)));
  const machines = {
    of(vm: string) {
      if (vm !== 'office') throw new AppError('VM_NOT_RUNNING', `${vm} is not running`);
      return { spec: { runFolder } };
    },
  };
  const socket = join(scratch(t), 'lazaretd.sock');
  const onUpgrade = streamTaker({ state, machines, log: openLog('test') }, 'anybody', new Streams());
  const listening = await listenUnix(socket, (_request, response) => response.end(RUNS), { onUpgrade });
  t.after(async () => {
    for (const open of all) open.destroy();
    await listening[Symbol.asyncDispose]();
  });
  return socket;
}

/** `lazaret view` on its way: what it printed first, and how to end it. */
async function viewing(t: TestContext, socket: string, env: NodeJS.ProcessEnv = process.env) {
  const child = spawn(join(BIN, 'lazaret'), ['--socket', socket, 'view', 'office', '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env,
  });
  t.after(() => child.kill('SIGKILL'));
  const [said] = await once(child.stdout, 'data');
  const { screen } = JSON.parse(String(said));
  return { screen: String(screen), child };
}

async function firstBytes(path: string): Promise<string> {
  const socket = connect(path);
  const [bytes] = await once(socket, 'data');
  socket.destroy();
  return String(bytes);
}

test('view gives a machine’s screen on a socket that its user alone can open, for as long as it runs', async (t) => {
  const { screen, child } = await viewing(t, await service(t));

  assert.equal(await firstBytes(screen), GREETING);
  assert.equal(await firstBytes(screen), GREETING, 'a viewer may be opened again');
  assert.equal(statSync(dirname(screen)).mode & 0o777, 0o700);
  child.kill('SIGTERM');
  assert.equal((await once(child, 'exit'))[0], 0);

  assert.equal(existsSync(dirname(screen)), false);
});

test('view opens a viewer that takes a socket, where there is one and a session for it, and ends with it', async (t) => {
  const socket = await service(t);
  const folder = scratch(t);
  const viewer = join(folder, 'xtigervncviewer');
  writeFileSync(
    viewer,
    `#!/bin/sh\n[ "$1" = -h ] && { echo TigerVNC; exit 1; }\necho "$DISPLAY $1" >${folder}/shown\n`,
  );
  chmodSync(viewer, 0o755);
  const env = { DISPLAY: ':9', PATH: `${folder}:${process.env['PATH']}` };

  const ended = await program('lazaret', ['--socket', socket, 'view', 'office'], env);

  assert.equal(ended.status, 0, ended.stderr);
  assert.match(readFileSync(join(folder, 'shown'), 'utf8'), /^:9 \/.*office\.vnc$/m);
});

test('without a viewer view says where the screen is, and which viewer opens it', async (t) => {
  const socket = await service(t);
  const view = atTerminal(t, `env -u DISPLAY -u WAYLAND_DISPLAY ${BIN}/lazaret --socket ${socket} view office`);

  await view.shows(/the screen of office \(VNC\): (\S+)/);

  await view.shows(/tigervnc-viewer[\s\S]*vncviewer \//);
  view.type('\u0003');
  assert.equal(await view.status(), 0);
});

test('the help of view says that a viewer has no sound, and where it is heard', async () => {
  const help = async (name: 'lazaret' | 'lazaret-manager') =>
    (await program(name, ['view', '--help'])).stdout.replace(/\s+/g, ' ');

  assert.match(await help('lazaret'), /without sound: the player alone plays that \(`lazaret open`\)/);
  assert.match(
    await help('lazaret-manager'),
    /without sound: the page that runs a machine plays it \(`lazaret-manager ui`\)/,
  );
});

test('console is the serial console, one user at a time, and Ctrl-] leaves', async (t) => {
  const socket = await service(t);
  const console = atTerminal(t, `${BIN}/lazaret --socket ${socket} console office`);
  await console.shows(/Ctrl-\] leaves/);

  console.type(`whoami${ENTER}`);
  await console.shows(/guest: /);
  const second = await program('lazaret', ['--socket', socket, 'console', 'office', '--json']);
  assert.deepEqual([second.status, failureIn(second).code], [75, 'CONSOLE_TAKEN']);
  console.type(CTRL_BRACKET);
  assert.equal(await console.status(), 0);

  const again = atTerminal(t, `${BIN}/lazaret --socket ${socket} console office`);
  await again.shows(/Ctrl-\] leaves/);
});

const REFUSED: [title: string, words: string[], code: string][] = [
  ['a machine that is not installed', ['view', 'nowhere'], 'VM_UNKNOWN'],
  ['a machine that does not run', ['console', 'lab'], 'VM_NOT_RUNNING'],
  ['a name that is none', ['view', '../office'], 'USAGE'],
];
for (const [title, words, code] of REFUSED) {
  test(`${title} is not shown, and the reason is said`, async (t) => {
    const refused = await program('lazaret', ['--socket', await service(t), ...words, '--json']);

    assert.equal(failureIn(refused).code, code);
  });
}

test('the manager says that a machine of the project does not run', async (t) => {
  const { folder } = await madeProject(t);
  const refused = await program('lazaret-manager', ['-C', folder, 'view', 'office', '--run', scratch(t), '--json']);

  assert.equal(failureIn(refused).code, 'VM_NOT_RUNNING');
  assert.match(failureIn(refused).reason, /neither in preview nor powered on/);
});
