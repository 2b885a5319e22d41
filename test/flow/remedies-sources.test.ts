import { copyFileSync, cpSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { forgetProject } from '../../src/install/change/back/forget.ts';
import { publishedListener } from '../../src/manager/published.ts';
import { writeMedia } from '../../src/package/media/write.ts';
import { verdictOf } from '../../src/run/access/verdict.ts';
import { requireAllowed } from '../../src/run/gates/table.ts';
import { listenTcp } from '../../src/sys/http/http-server.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { computer } from '../fakes/made-computer.ts';
import { madeProject, scratch } from '../fakes/made-project.ts';
import { policyComputer } from '../fakes/policy-computer.ts';
import { threeVersions } from '../fakes/quarantine.ts';
import { type Remedy, tryRemedies } from '../fakes/remedy.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';
const DAY_MS = 86_400_000;

/** A project with one package, and a computer that has nothing. */
async function first(t: TestContext) {
  const project = await madeProject(t);
  const { folder } = await project.build('one');
  const { fingerprint } = project;
  const { state, install } = computer(t);
  return { project, state, one: folder, fingerprint, install: (source: string) => install(source, { fingerprint }) };
}

/** The package as a copy, of which one file is changed. */
function copyWith(t: TestContext, folder: string, file: string, change: (path: string) => void): string {
  const copy = join(scratch(t), 'copy');
  cpSync(folder, copy, { recursive: true });
  change(join(copy, file));
  return copy;
}

type Answer = (bytes: Buffer | undefined) => { status: number; bytes?: Buffer };

/** A web server with the package at `/right/`, and at `/wrong/` with blobs as they must not be. */
async function server(t: TestContext, folder: string, wrong: Answer) {
  const listening = await listenTcp('127.0.0.1', 0, async ({ url = '/' }, response) => {
    const [, place, ...path] = url.split('/');
    const bytes = await readFile(join(folder, ...path)).catch(() => undefined);
    const isWrong = place === 'wrong' && path[0] === 'blobs';
    const answer = isWrong ? wrong(bytes) : { status: bytes ? 200 : 404, ...(bytes ? { bytes } : {}) };
    response.writeHead(answer.status).end(answer.bytes);
  });
  t.after(() => listening[Symbol.asyncDispose]());
  return listening.port;
}

/** A computer that looks its policy up at a web server, which can go and come. */
async function lookingUp(t: TestContext) {
  const made = await policyComputer(t);
  await made.project.setQuarantine(threeVersions({ onUnreachable: 'refuse', maxOffline: '1h' }));
  await made.project.deploy();
  const published = dirname(made.published);
  const serve = (port: number) => listenTcp('127.0.0.1', port, publishedListener(published));
  const { port, [Symbol.asyncDispose]: stop } = await serve(0);
  const policies = made.open();
  const owner = made.owner(`http://127.0.0.1:${port}/policies`);
  await policies.lookUp(owner, Date.now());
  await stop();
  return {
    lookUp: (now = Date.now()) => policies.lookUp(owner, now),
    current: () => policies.current(owner),
    async serveAgain() {
      const again = await serve(port);
      t.after(() => again[Symbol.asyncDispose]());
    },
  };
}

/** What a user meets where packages and policies come from. */
const REMEDIES: Remedy[] = [
  [
    'INTERRUPTED',
    async (t) => {
      const { project, one, fingerprint } = await first(t);
      const { install } = computer(t);
      return {
        fails: () => install(one, { fingerprint, signal: AbortSignal.abort() }),
        remedy: () => install(one, { fingerprint: project.fingerprint }),
      };
    },
  ],
  [
    'FETCH_NAME',
    async (t) => {
      const { one, install } = await first(t);
      const port = await server(t, one, () => ({ status: 500 }));
      return {
        fails: () => install('http://no-such-server.invalid/right/'),
        remedy: () => install(`http://localhost:${port}/right/`),
      };
    },
  ],
  [
    'FETCH_TLS',
    async (t) => {
      const { one, install } = await first(t);
      const port = await server(t, one, () => ({ status: 500 }));
      return {
        fails: () => install(`https://127.0.0.1:${port}/right/`),
        remedy: () => install(`http://127.0.0.1:${port}/right/`),
      };
    },
  ],
  [
    'FETCH_MISSING',
    async (t) => {
      const { one, install } = await first(t);
      const port = await server(t, one, () => ({ status: 404 }));
      return {
        fails: () => install(`http://127.0.0.1:${port}/wrong/`),
        remedy: () => install(`http://127.0.0.1:${port}/right/`),
      };
    },
  ],
  [
    'FETCH_PAGE',
    async (t) => {
      const { one, install } = await first(t);
      const login = { isDone: false };
      const { port, [Symbol.asyncDispose]: stop } = await listenTcp('127.0.0.1', 0, async ({ url = '/' }, response) => {
        const bytes = await readFile(join(one, url)).catch(() => undefined);
        if (login.isDone) response.writeHead(bytes ? 200 : 404).end(bytes);
        else response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Log in</title>');
      });
      t.after(stop);
      return {
        fails: () => install(`http://127.0.0.1:${port}/`),
        remedy() {
          login.isDone = true;
          return install(`http://127.0.0.1:${port}/`);
        },
      };
    },
  ],
  [
    'FETCH_TOO_LARGE',
    async (t) => {
      const { one, install } = await first(t);
      const port = await server(t, one, (bytes) => ({
        status: 200,
        bytes: Buffer.concat([bytes ?? Buffer.of(), Buffer.of(1)]),
      }));
      return {
        fails: () => install(`http://127.0.0.1:${port}/wrong/`),
        remedy: () => install(`http://127.0.0.1:${port}/right/`),
      };
    },
  ],
  [
    'MEDIA_INVALID',
    async (t) => {
      const { one, install } = await first(t);
      const [archive = ''] = await writeMedia(one, { format: 'tar' });
      const stick = join(scratch(t), 'one.tar');
      copyFileSync(archive, stick);
      truncateSync(stick, 5000);
      return {
        fails: () => install(stick),
        remedy() {
          copyFileSync(archive, stick);
          return install(stick);
        },
      };
    },
  ],
  [
    'PACKAGE_INVALID',
    async (t) => {
      const { one, install } = await first(t);
      return { fails: () => install(dirname(one)), remedy: () => install(one) };
    },
  ],
  [
    'TRUST_FINGERPRINT',
    async (t) => {
      const { one, fingerprint, project } = await first(t);
      const { install } = computer(t);
      return {
        fails: () => install(one, { fingerprint: `${fingerprint.slice(0, -1)}${fingerprint.endsWith('0') ? 1 : 0}` }),
        remedy: () => install(one, { fingerprint: project.fingerprint }),
      };
    },
  ],
  [
    'TRUST_FOREIGN',
    async (t) => {
      const { one, install, state } = await first(t);
      await install(one);
      const other = await madeProject(t, 'Other');
      const { folder } = await other.build('theirs');
      const theirs = (on: ReturnType<typeof computer>) => on.install(folder, { fingerprint: other.fingerprint });
      return {
        fails: () => theirs(computer(t, Date.now(), state)),
        async remedy() {
          await theirs(computer(t));
          await forgetProject(state);
          await theirs(computer(t, Date.now(), state));
        },
      };
    },
  ],
  [
    'TRUST_SIGNATURE',
    async (t) => {
      const { one, install } = await first(t);
      const changed = copyWith(t, one, 'metadata/timestamp.json', (path) => {
        const { signatures, signed } = JSON.parse(readFileSync(path, 'utf8'));
        const [{ keyid, sig }] = signatures;
        const other = `${sig.slice(0, -1)}${sig.endsWith('0') ? 1 : 0}`;
        writeFileSync(path, JSON.stringify({ signatures: [{ keyid, sig: other }], signed }));
      });
      return { fails: () => install(changed), remedy: () => install(one) };
    },
  ],
  [
    'TRUST_EXPIRED',
    async (t) => {
      const project = await madeProject(t);
      const { folder } = await project.build('one', { validForMs: DAY_MS });
      const { install } = computer(t, Date.now() + 2 * DAY_MS);
      const { fingerprint } = project;
      return {
        fails: () => install(folder, { fingerprint }),
        remedy: async () => install((await project.build('two')).folder, { fingerprint }),
      };
    },
  ],
  [
    'TRUST_INVALID',
    async (t) => {
      const { one, install } = await first(t);
      const damaged = copyWith(t, one, 'metadata/timestamp.json', (path) => truncateSync(path, 50));
      return { fails: () => install(damaged), remedy: () => install(one) };
    },
  ],
  [
    'LAYER_BASE_MISSING',
    async (t) => {
      const { project, one, fingerprint } = await first(t);
      await project.changeDisk(0);
      const { folder } = await project.build('two', { kind: 'update' });
      const { install } = computer(t);
      return {
        fails: () => install(folder, { fingerprint }),
        async remedy() {
          await install(one, { fingerprint });
          await install(folder, { replace: true });
        },
      };
    },
  ],
  [
    'STORE_UNREACHABLE',
    async (t) => {
      const { lookUp, serveAgain } = await lookingUp(t);
      return {
        fails: () => lookUp(),
        async remedy() {
          await serveAgain();
          await lookUp();
        },
      };
    },
  ],
  [
    'QUARANTINE_REFUSED',
    async (t) => {
      const { current, lookUp, serveAgain } = await lookingUp(t);
      const later = Date.now() + DAY_MS;
      const start = async () => {
        const policy = await current();
        const judged = { mode: 'installed', reported: undefined, enforcement: 'host', policy, now: later } as const;
        requireAllowed({ vm: 'office', policy, decision: verdictOf(judged).decision, term: { state: 'valid' } });
      };
      return {
        fails: start,
        // The reason is that the policy server was away for too long.
        async remedy({ message }) {
          if (!/policy server|looked up/.test(message)) throw new Error(message);
          await serveAgain();
          await lookUp(later);
          await start();
        },
      };
    },
  ],
];

tryRemedies(REMEDIES, skip);
