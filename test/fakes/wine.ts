import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { scratch } from './made-project.ts';

/** Debian’s `wine` says on standard error that there is no 32-bit one. */
const WINE = '/usr/lib/wine/wine64';
const NO_CLOCK = ['--bounding-set=-sys_time', '--inh-caps=-sys_time'];
/** A pseudo-terminal whose other end is a Unix socket, as QEMU’s serial port is: it takes one connection. */
const LINE = `
import os, select, socket, sys, tty
near, far = os.openpty()
tty.setraw(far)
os.symlink(os.ttyname(far), sys.argv[2])
listening = socket.socket(socket.AF_UNIX)
listening.bind(sys.argv[1])
listening.listen()
print("listens", flush=True)
host = listening.accept()[0]
while True:
    ready = select.select([near, host], [], [])[0]
    for end in ready:
        data = os.read(end if end == near else end.fileno(), 4096)
        if not data: sys.exit()
        os.write(host.fileno() if end == near else near, data)
`;

export interface WineEnded {
  status: number;
  stdout: string;
  stderr: string;
}

/** Why nothing of Windows can be run here, or false. */
export function whyNoWine(): string | false {
  return existsSync(WINE) ? false : 'wine is not installed';
}

/** A Windows of Wine’s, without the right to set this computer’s clock. It ends with the test. */
export class Wine {
  readonly folder: string;
  readonly #env: NodeJS.ProcessEnv;

  constructor(t: TestContext, env: NodeJS.ProcessEnv = {}) {
    // Before its folder goes.
    t.after(() => this.#server('-k'));
    this.folder = scratch(t);
    const quiet = { WINEDEBUG: '-all', WINEDLLOVERRIDES: 'mscoree,mshtml=', HOME: this.folder };
    this.#env = { ...process.env, ...quiet, WINEPREFIX: join(this.folder, 'windows'), DISPLAY: '', ...env };
    mkdirSync(join(this.folder, 'windows'));
    this.#exec(WINE, 'wineboot', '-i');
    // With its first start Wine makes its devices, and starts no other service for half a minute.
    this.#server('-k');
    // Else it would end with each program, and start with the next.
    this.#server('-p');
    this.#exec(WINE, 'wineboot');
  }

  /** A path of drive C:. */
  at(...names: string[]): string {
    return join(this.folder, 'windows', 'drive_c', ...names);
  }

  /** What is on drive C:, but for Windows’ scratch folder and what it keeps of its drivers’ descriptions. */
  files(): string[] {
    const names = globSync('**', { cwd: this.at() });
    return names.filter((name) => !/\/Temp(\/|$)|\.pnf$/i.test(name)).sort();
  }

  /** Leads COM9 to a Unix socket, which takes one connection; gives its path. */
  async port(t: TestContext, name = 'com9'): Promise<string> {
    const [socket, terminal] = [join(this.folder, `${name}.s`), join(this.folder, 'windows', 'dosdevices', name)];
    for (const path of [socket, `${socket}.tty`, terminal]) rmSync(path, { force: true });
    mkdirSync(join(terminal, '..'), { recursive: true });
    symlinkSync(`${socket}.tty`, terminal);
    const line = spawn('python3', ['-c', LINE, socket, `${socket}.tty`], { stdio: ['ignore', 'pipe', 'inherit'] });
    t.after(() => line.kill());
    await Promise.race([once(line.stdout, 'data'), once(line, 'exit')]);
    return socket;
  }

  /** Starts a program with arguments, as Windows gives them to it. */
  start(args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
    return spawn('setpriv', [...NO_CLOCK, WINE, ...args], {
      env: { ...this.#env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  /** Runs it to its end. */
  async run(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<WineEnded> {
    const child = this.start(args, env);
    const said = { stdout: '', stderr: '' };
    child.stdout?.on('data', (chunk) => (said.stdout += chunk));
    child.stderr?.on('data', (chunk) => (said.stderr += chunk));
    const [status] = await once(child, 'close');
    return { status, ...said };
  }

  #server(option: string): void {
    this.#exec('/usr/lib/wine/wineserver64', option);
  }

  #exec(...command: string[]): void {
    execFileSync('setpriv', [...NO_CLOCK, ...command], { env: this.#env, stdio: 'ignore' });
  }
}
