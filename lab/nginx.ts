import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasProgram, PROGRAM_ENV } from '../src/sys/programs/exec.ts';
import { atExit } from './at-exit.ts';

export const noNginx = hasProgram('nginx') ? false : 'nginx is not installed';

/** One request as nginx saw it: what was asked for, the status, and all bytes of its answer. */
export interface Request {
  path: string;
  status: number;
  bytes: number;
  /** The bytes of the request. */
  sent: number;
}

/** Debian’s nginx with one worker on a port of loopback, handing out one folder. It is asked for nothing it does not do by itself. */
export class Nginx implements AsyncDisposable {
  readonly address: string;
  readonly pid: number;
  readonly #folder: string;
  readonly #server: ChildProcess;
  readonly #exit = atExit(() => this.#remove());

  private constructor(folder: string, port: number, server: ChildProcess) {
    this.#folder = folder;
    this.#server = server;
    this.pid = server.pid ?? 0;
    this.address = `http://127.0.0.1:${port}/policies`;
  }

  /** @param log without it nothing is written about requests, as a server under load would have it */
  static async start(policies: string, { log = true }: { log?: boolean } = {}): Promise<Nginx> {
    const folder = mkdtempSync(join(tmpdir(), 'lazaret-nginx-'));
    mkdirSync(join(folder, 'tmp'));
    const port = await freePort();
    writeFileSync(join(folder, 'nginx.conf'), config(folder, port, policies, log));
    const args = ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')];
    const server = spawn('nginx', args, { env: PROGRAM_ENV, stdio: 'ignore' });
    const nginx = new Nginx(folder, port, server);
    try {
      await until(() => server.exitCode !== null || answers(port));
      if (server.exitCode !== null) throw new Error(readFileSync(join(folder, 'error.log'), 'utf8'));
      return nginx;
    } catch (error) {
      await nginx[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** What was asked for since the last call, once `count` requests were answered. */
  async requests(count: number): Promise<Request[]> {
    const path = join(this.#folder, 'access.log');
    const lines = () => readFileSync(path, 'utf8').split('\n').slice(0, -1);
    await until(() => lines().length >= count);
    const found = lines().map((line) => {
      const [asked = '', ...numbers] = line.split(' ');
      const [status = 0, bytes = 0, sent = 0] = numbers.map(Number);
      return { path: asked, status, bytes, sent };
    });
    writeFileSync(path, '');
    return found;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = this.#server.exitCode === null ? once(this.#server, 'exit') : undefined;
    this.#server.kill();
    await ended;
    this.#exit.forget();
    this.#remove();
  }

  #remove(): void {
    this.#server.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function config(folder: string, port: number, policies: string, log: boolean): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
    ${process.getuid?.() === 0 ? 'user root;' : ''}
    daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log;
    worker_rlimit_nofile 20000;
    events { worker_connections 16000; }
    http {
      ${temporary.map((name) => `${name}_temp_path ${folder}/tmp/${name};`).join(' ')}
      types { application/json json; }
      log_format counted '$uri $status $bytes_sent $request_length';
      access_log ${log ? `${folder}/access.log counted` : 'off'};
      server {
        listen 127.0.0.1:${port} backlog=4096;
        location /policies/ { alias ${policies}/; }
      }
    }`;
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(10);
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}
