import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Hono } from 'hono';
import { BIN } from '../../lab/programs.ts';
import { AppError } from '../../src/lib/errors.ts';
import { requireWritable } from '../../src/package/media/look.ts';
import { Pages } from '../../src/pages/app.ts';
import { projectPaths, vmPaths } from '../../src/project/layout.ts';
import { listenTcp, MOST_CONNECTIONS } from '../../src/sys/http/http-server.ts';
import { hasProgram, run } from '../../src/sys/programs/exec.ts';
import { ended, program } from '../fakes/command-line.ts';
import { madeProject, PASSPHRASE, scratch } from '../fakes/made-project.ts';
import { type Remedy, said, tryRemedies } from '../fakes/remedy.ts';
import { until } from '../system/net/until.ts';

const skip =
  hasProgram('qemu-img') && process.getuid?.() === 0 ? false : 'qemu-img is not installed, or root is needed';

/** Where a service keeps its own, and how it is started and asked. */
function place(t: TestContext) {
  const folder = scratch(t);
  const socket = join(folder, 'run', 'lazaretd.sock');
  const words = ['--state', join(folder, 'state'), '--run', join(folder, 'run'), '--accel', 'tcg'];
  return {
    ...{ folder, socket, words },
    lazaret: async (...args: string[]) => said(await program('lazaret', ['--socket', socket, ...args, '--json'])),
    /** Gives a way to end it. */
    async start(...more: string[]): Promise<() => Promise<void>> {
      const child = spawn(join(BIN, 'lazaretd'), [...words, ...more], { stdio: ['ignore', 'ignore', 'pipe'] });
      t.after(() => child.kill('SIGKILL'));
      let log = '';
      child.stderr.on('data', (chunk) => {
        log += chunk;
      });
      while (!log.includes('"msg":"ready"') && child.exitCode === null) await sleep(20);
      if (child.exitCode !== null) throw new Error(log);
      return async () => {
        child.kill('SIGTERM');
        await once(child, 'exit');
      };
    },
  };
}

/** A project, and its administrator’s command line. */
async function administrator(t: TestContext) {
  const project = await madeProject(t);
  const words = (args: string[]) => ['-C', project.folder, ...args, '--json'];
  return {
    project,
    folder: project.folder,
    manager: async (...args: string[]) => said(await program('lazaret-manager', words(args))),
    /** The same with a passphrase from a file alone. */
    by: async (file: string, ...args: string[]) =>
      said(
        await program('lazaret-manager', words(['--passphrase-file', file, ...args]), {
          LAZARET_PASSPHRASE: undefined,
        }),
      ),
    /** The same by a user without any right beyond those of the files. */
    asNobody: async (...args: string[]) =>
      said(await ended(['unshare', '--user', join(BIN, 'lazaret-manager'), ...words(args)])),
  };
}

/** A file with the passphrase of made projects, and one that takes its place. */
function passphrases(t: TestContext) {
  const folder = scratch(t);
  const [right, wrong] = [join(folder, 'right'), join(folder, 'wrong')];
  writeFileSync(right, `${PASSPHRASE}\n`);
  return { right, wrong };
}

/** What anybody meets with files, programs and the service. */
const REMEDIES: Remedy[] = [
  [
    'ROOT_NEEDED',
    (t) => {
      const { words } = place(t);
      const uninstall = [join(BIN, 'lazaretd'), ...words, '--uninstall', '--yes', '--json'];
      return {
        fails: async () => said(await ended(['unshare', '--user', ...uninstall])),
        remedy: async () => said(await ended(uninstall)),
      };
    },
  ],
  [
    'FILE_EXISTS',
    async (t) => {
      const { project } = await administrator(t);
      mkdirSync(project.out, { recursive: true });
      const inTheWay = join(project.out, 'one.tar');
      writeFileSync(inTheWay, '');
      const build = (name: string) =>
        project.build(name, { look: (folder, size) => requireWritable(folder, size, { format: 'tar' }) });
      return {
        fails: () => build('one'),
        async remedy() {
          await build('other');
          rmSync(inTheWay);
          await build('one');
        },
      };
    },
  ],
  [
    'FILE_MISSING',
    async (t) => {
      const { folder, manager } = await administrator(t);
      const { work } = vmPaths(folder, 'office');
      return {
        fails: () => manager('vm', 'add', 'new', '--disk', `${work}2`),
        remedy: () => manager('vm', 'add', 'new', '--disk', work),
      };
    },
  ],
  [
    'FILE_TOO_LARGE',
    async (t) => {
      const { by } = await administrator(t);
      const { right, wrong } = passphrases(t);
      writeFileSync(wrong, Buffer.alloc(1 << 20, 'x'));
      return { fails: () => by(wrong, 'deploy'), remedy: () => by(right, 'deploy') };
    },
  ],
  [
    'FILE_INVALID',
    async (t) => {
      const { by } = await administrator(t);
      const { right, wrong } = passphrases(t);
      mkdirSync(wrong);
      return { fails: () => by(wrong, 'deploy'), remedy: () => by(right, 'deploy') };
    },
  ],
  [
    'FILE_DENIED',
    async (t) => {
      const { folder, asNobody, manager } = await administrator(t);
      const { file } = projectPaths(folder);
      chmodSync(file, 0);
      return {
        fails: () => asNobody('vm', 'list'),
        async remedy() {
          await manager('vm', 'list');
          chmodSync(file, 0o644);
          await asNobody('vm', 'list');
        },
      };
    },
  ],
  [
    'PROGRAM_FAILED',
    (t) => {
      const path = join(scratch(t), 'disk.qcow2');
      const info = () => run('qemu-img', ['info', path]);
      return {
        fails: info,
        async remedy({ message }) {
          if (!message.includes('No such file')) throw new Error(message);
          await run('qemu-img', ['create', '-q', '-f', 'qcow2', path, '1M']);
          await info();
        },
      };
    },
  ],
  [
    'PROGRAM_TIMEOUT',
    (t) => {
      const busy = join(scratch(t), 'busy');
      writeFileSync(busy, '');
      const work = (timeoutMs: number) => run('sh', ['-c', `while [ -e ${busy} ]; do sleep 0.1; done`], { timeoutMs });
      return {
        fails: () => work(200),
        async remedy() {
          rmSync(busy);
          await work(60_000);
        },
      };
    },
  ],
  [
    'DAEMON_UNREACHABLE',
    (t) => {
      const { lazaret, start } = place(t);
      return {
        fails: () => lazaret('list'),
        async remedy() {
          await start();
          await lazaret('list');
        },
      };
    },
  ],
  [
    'DAEMON_HANGS_UP',
    async (t) => {
      const { start, socket, lazaret } = place(t);
      await start();
      const watching = Array.from({ length: MOST_CONNECTIONS }, () => connect(socket));
      t.after(() => watching.forEach((one) => void one.destroy()));
      await Promise.all(watching.map((one) => once(one, 'connect')));
      return {
        fails: () => lazaret('list'),
        async remedy() {
          for (const one of watching) one.destroy();
          // A busy service notices in its own time.
          await until(() => lazaret('list').then(Boolean, () => false));
        },
      };
    },
  ],
  [
    'DAEMON_BUSY',
    async (t) => {
      const { start, words, lazaret } = place(t);
      const stop = await start();
      return {
        fails: async () => said(await program('lazaretd', [...words, '--json'])),
        async remedy() {
          await stop();
          await start();
          await lazaret('list');
        },
      };
    },
  ],
  [
    'DAEMON_DENIED',
    async (t) => {
      const { start, socket, folder } = place(t);
      await start('--group', 'daemon');
      const gid = (await run('getent', ['group', 'daemon'])).stdout.split(':')[2] ?? '';
      // Another user’s than ours: the group alone lets in.
      chownSync(socket, 65534, Number(gid));
      for (const path of [folder, join(folder, 'run')]) chmodSync(path, 0o755);
      const bare = ['--inh-caps=-all', '--bounding-set=-all'];
      const list = (...groups: string[]) =>
        ended(['setpriv', ...bare, ...groups, join(BIN, 'lazaret'), '--socket', socket, 'list', '--json']);
      return {
        fails: async () => said(await list('--clear-groups')),
        remedy: async () => said(await list('--groups', gid)),
      };
    },
  ],
  [
    'PORT_IN_USE',
    async (t) => {
      const other = await listenTcp('127.0.0.1', 0, (_request, response) => response.end());
      t.after(() => other[Symbol.asyncDispose]());
      const listen = async (port: number) => {
        await using _listening = await listenTcp('127.0.0.1', port, (_request, response) => response.end());
      };
      return { fails: () => listen(other.port), remedy: () => listen(0) };
    },
  ],
  [
    'PAGE_DENIED',
    (t) => {
      const folder = scratch(t);
      writeFileSync(join(folder, 'index.html'), '<p>the page');
      const pages = new Pages({ api: new Hono(), folder, clock: Date.now, userAt: async () => 1001 });
      pages.listensOn(4000);
      const open = async (link: string) => {
        const { pathname, search } = new URL(link);
        const request = { headers: { host: '127.0.0.1:4000' } };
        const answer = await pages.app.request(pathname + search, request, { incoming: { socket: {} } });
        if (answer.status !== 200) throw new AppError('PAGE_DENIED', JSON.parse(await answer.text()).error.code);
      };
      const link = pages.link('/');
      return {
        async fails() {
          await open(link);
          await open(link);
        },
        remedy: () => open(pages.link('/')),
      };
    },
  ],
];

tryRemedies(REMEDIES, skip);
