import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasProgram, run } from '../src/sys/programs/exec.ts';

const PROGRAMS = ['cupsd', 'lpadmin', 'ipptool'];

/** Why nothing can be printed here, or false. */
export function whyNoPrinting(): string | false {
  const missing = PROGRAMS.filter((program) => !hasProgram(program));
  return missing.length > 0 ? `not installed: ${missing.join(', ')}` : false;
}

/** A computer’s printing service: a CUPS of its own, whose printers keep what they print. */
export class LabPrinting implements AsyncDisposable {
  readonly socket: string;
  readonly #folder: string;
  readonly #cupsd: ChildProcess;

  private constructor(folder: string, socket: string, enter: readonly string[]) {
    this.#folder = folder;
    this.socket = socket;
    for (const name of ['spool', 'spool/tmp', 'cache', 'state', 'root', 'out']) mkdirSync(join(folder, name));
    for (const name of ['bin', 'bin/backend']) mkdirSync(join(folder, name));
    symlinkSync('/usr/lib/cups/daemon', join(folder, 'bin', 'daemon'));
    writeFileSync(join(folder, 'bin', 'backend', 'lab'), BACKEND, { mode: 0o700 });
    writeFileSync(join(folder, 'cupsd.conf'), CONF(socket));
    writeFileSync(join(folder, 'cups-files.conf'), FILES(folder));
    const args = ['-f', '-c', join(folder, 'cupsd.conf'), '-s', join(folder, 'cups-files.conf')];
    const [program = 'cupsd', ...words] = [...enter, 'setpriv', '--pdeathsig', 'KILL', 'cupsd', ...args];
    this.#cupsd = spawn(program, words, { stdio: 'ignore' });
  }

  /** Starts it in the network that `enter` leads to, in a folder that is there and empty. */
  static async start(folder: string, socket: string, enter: readonly string[] = []): Promise<LabPrinting> {
    const printing = new LabPrinting(folder, socket, enter);
    while (!existsSync(socket)) {
      if (printing.#cupsd.exitCode !== null) throw new Error(`cupsd ended: ${printing.log()}`);
      await sleep(20);
    }
    return printing;
  }

  /** Adds a queue; what is printed to it is kept. */
  async addQueue(name: string): Promise<void> {
    mkdirSync(this.#out(name), { mode: 0o700 });
    await run('lpadmin', ['-h', this.socket, '-p', name, '-v', `lab:${this.#out(name)}`, '-m', 'raw', '-E']);
  }

  /** Prints a text, as a program of the computer does. */
  async print(name: string, text: string): Promise<void> {
    await run('lp', ['-h', this.socket, '-d', name, '-o', 'raw'], { input: text });
  }

  async stop(name: string): Promise<void> {
    await run('cupsdisable', ['-h', this.socket, name]);
  }

  async goOn(name: string): Promise<void> {
    await run('cupsenable', ['-h', this.socket, name]);
  }

  /** What has come out of a queue, in its order. */
  printed(name: string): string[] {
    const files = readdirSync(this.#out(name)).filter((file) => /^\d+$/.test(file));
    const inOrder = files.sort((one, other) => Number(one) - Number(other));
    return inOrder.map((file) => readFileSync(join(this.#out(name), file), 'utf8'));
  }

  /** It answers nobody, and reads nothing, until it goes on. */
  stand(isStill: boolean): void {
    this.#cupsd.kill(isStill ? 'SIGSTOP' : 'SIGCONT');
  }

  #out(name: string): string {
    return join(this.#folder, 'out', name);
  }

  /** How much lies in its spool. */
  spooledBytes(): number {
    const spool = join(this.#folder, 'spool');
    return readdirSync(spool).reduce((sum, name) => sum + statSync(join(spool, name)).size, 0);
  }

  /** What it says of its jobs, to whom it trusts. */
  async jobs(): Promise<string> {
    return (await run('lpstat', ['-h', this.socket, '-W', 'all', '-o'])).stdout;
  }

  log(): string {
    const path = join(this.#folder, 'log');
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#cupsd.exitCode !== null || this.#cupsd.signalCode !== null) return;
    const ended = once(this.#cupsd, 'exit');
    this.#cupsd.kill();
    await ended;
  }
}

/** What leads to a printer: here, to a file a job. */
const BACKEND = `#!/bin/sh
[ $# = 0 ] && exit 0
to="\${DEVICE_URI#lab:}"
cat "\${6:--}" >"$to/part" && mv "$to/part" "$to/$1"
`;

/** Root at its socket may do all; so may whoever prints there, as on a computer of one user. */
const CONF = (socket: string) => `Listen ${socket}
LogLevel info
Browsing Off
DefaultAuthType None
<Location />
  Order allow,deny
  Allow all
</Location>
<Policy default>
  <Limit Create-Job Print-Job Print-URI Validate-Job>
    Order deny,allow
  </Limit>
  <Limit Send-Document Send-URI Hold-Job Release-Job Restart-Job Purge-Jobs Cancel-Job Close-Job>
    Require user @OWNER @SYSTEM
    Order deny,allow
  </Limit>
  <Limit All>
    Order deny,allow
  </Limit>
</Policy>
`;

const FILES = (folder: string) => `Printcap
SystemGroup root
User lp
Group lp
ServerBin ${folder}/bin
ServerRoot ${folder}/root
RequestRoot ${folder}/spool
TempDir ${folder}/spool/tmp
CacheDir ${folder}/cache
StateDir ${folder}/state
ErrorLog ${folder}/log
AccessLog ${folder}/access
PageLog ${folder}/page
`;
