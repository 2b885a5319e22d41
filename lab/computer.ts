import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROUTES } from '../src/api/routes.ts';
import { machineSockets } from '../src/run/machine/record.ts';
import { askUnix } from '../src/sys/http/http-client.ts';
import type { MachineSockets } from '../src/vm/args.ts';
import { atExit } from './at-exit.ts';
import { GuestShell, UNTIL_ROUTED } from './console.ts';
import { isLeftover, newPrefix } from './namespaces.ts';
import type { LabNetwork, Place } from './network.ts';
import { BIN } from './programs.ts';

const PATIENCE_MS = 120_000;
/** Of the project’s keys. */
export const PASSPHRASE = 'a passphrase for trying out';

export interface Ended {
  status: number;
  stdout: string;
  stderr: string;
}

/** A user’s computer with Lazaret’s service, and an administrator’s folder beside it. */
export class LabComputer implements AsyncDisposable {
  /** Everything this computer has on disk. */
  readonly folder = join(tmpdir(), newPrefix());
  readonly project = join(this.folder, 'project');
  readonly #run = join(this.folder, 'run');
  /** The service’s socket. */
  readonly socket = join(this.folder, 'd.sock');
  readonly #network: LabNetwork;
  readonly #exit = atExit(() => remove(this.folder));
  readonly #onCommand: (line: string) => void;
  #service: ChildProcess | undefined;

  private constructor(network: LabNetwork, onCommand: (line: string) => void) {
    this.#network = network;
    this.#onCommand = onCommand;
    for (const name of readdirSync(tmpdir()).filter(isLeftover)) remove(join(tmpdir(), name));
    // QEMU runs as a user of its own and must get through to its sockets.
    mkdirSync(this.#run, { recursive: true, mode: 0o755 });
  }

  /** `onCommand` is told each command line as a user would type it in the computer’s folder. */
  static async start(network: LabNetwork, onCommand: (line: string) => void = () => undefined): Promise<LabComputer> {
    const computer = new LabComputer(network, onCommand);
    try {
      await computer.startService();
      return computer;
    } catch (error) {
      await computer[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Starts the service, with more of an environment and options, and waits until it answers. */
  async startService(more: NodeJS.ProcessEnv = {}, ...options: string[]): Promise<void> {
    const how = ['--accel', 'tcg', '--resolver', this.#network.resolver];
    const args = [...this.#where, ...how, ...options];
    const stdio = ['ignore', 'ignore', 'inherit'] as const;
    const env = { LAZARET_LOG: 'error', ...process.env, ...more };
    const service = this.#network.spawn('host', join(BIN, 'lazaretd'), args, [...stdio], env);
    this.#service = service;
    for (let waited = 0; !existsSync(this.socket); waited += 20) {
      if (service.exitCode !== null) throw new Error(`lazaretd ended with ${service.exitCode}`);
      if (waited > PATIENCE_MS) throw new Error('lazaretd does not listen');
      await sleep(20);
    }
  }

  /** The service’s process. */
  get servicePid(): number {
    return this.#service?.pid ?? 0;
  }

  /** Ends the service; its machines run on. @throws when it must be killed */
  async stopService(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const service = this.#service;
    this.#service = undefined;
    if (!service || service.exitCode !== null || service.signalCode !== null) return;
    const gone = once(service, 'exit');
    service.kill(signal);
    if ((await Promise.race([gone, sleep(PATIENCE_MS, 'late', { ref: false })])) === 'late') {
      service.kill('SIGKILL');
      throw new Error('lazaretd does not end when it is asked to');
    }
    rmSync(this.socket, { force: true });
  }

  /** Takes all of Lazaret off this computer, as its root would while no service runs. */
  uninstall(...args: string[]): Promise<Ended> {
    this.#tell('lazaretd --uninstall', args);
    return this.#cli(['lazaretd', ...this.#where, '--uninstall', ...args]);
  }

  get #where(): string[] {
    return ['--state', join(this.folder, 'state'), '--run', this.#run, '--socket', this.socket];
  }

  /** The user’s command line. */
  lazaret(...args: string[]): Promise<Ended> {
    this.#tell('lazaret', args);
    return this.#cli(['lazaret', '--socket', this.socket, ...args]);
  }

  /** What the service answers to a question, by the socket of who runs the lab, without a program each time. @throws what it says */
  async ask(path: string): Promise<unknown[]> {
    const { method, path: door } = ROUTES.ownSocket;
    const own = await askUnix(this.socket, { method, path: door, body: { uid: process.getuid?.() } });
    const { socket } = ROUTES.ownSocket.answer.parse((await Array.fromAsync(own.lines))[0]);
    const { status, lines } = await askUnix(socket, { method: 'GET', path });
    const answer = await Array.fromAsync(lines);
    if (status !== 200) throw new Error(`${path}: ${JSON.stringify(answer)}`);
    return answer;
  }

  /** The administrator’s command line, on the project. */
  manager(...args: string[]): Promise<Ended> {
    this.#tell('lazaret-manager -C project', args);
    return this.#cli(['lazaret-manager', '-C', this.project, ...args]);
  }

  /** Starts a command of the administrator’s that goes on; gives the first thing it prints, when it has ended, and itself. */
  async startManager(
    place: Place,
    ...args: string[]
  ): Promise<{ said: string; ended: Promise<unknown>; child: ChildProcess }> {
    this.#tell('lazaret-manager -C project', args);
    const words = ['-C', this.project, ...args];
    const child = this.#network.spawn(
      place,
      join(BIN, 'lazaret-manager'),
      words,
      ['ignore', 'pipe', 'ignore'],
      environment(),
    );
    const ended = once(child, 'exit');
    const said = await Promise.race([
      once(child.stdout ?? child, 'data'),
      ended.then(([code]) => [`ended with ${code}`]),
    ]);
    return { said: String(said[0]), ended, child };
  }

  /** The sockets of a running machine. */
  sockets(vm: string): MachineSockets {
    const records = globSync(join(this.#run, '*', 'machine.json'));
    const record = records.find((path) => JSON.parse(readFileSync(path, 'utf8')).vm === vm);
    if (record === undefined) throw new Error(`${vm} does not run`);
    return machineSockets(dirname(record));
  }

  /** The shell of a running machine, once its guest answers and has its address. */
  async shell(vm: string): Promise<GuestShell> {
    const shell = await GuestShell.open(this.sockets(vm).console);
    await shell.run(UNTIL_ROUTED);
    return shell;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.stopService();
    } finally {
      this.#network.endMachines();
      remove(this.folder);
      this.#exit.forget();
    }
  }

  #tell(program: string, args: readonly string[]): void {
    const words = args.filter((word) => word !== '--json').map((word) => word.replaceAll(`${this.folder}/`, ''));
    this.#onCommand([program, ...words.map((word) => (/^[\w./:=-]+$/.test(word) ? word : `'${word}'`))].join(' '));
  }

  async #cli([file = '', ...args]: readonly string[]): Promise<Ended> {
    const [program = '', ...rest] = this.#network.command('host', join(BIN, file), args);
    const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'], env: environment() });
    const [stdout, stderr] = [textOf(child.stdout), textOf(child.stderr)];
    const [status] = await once(child, 'exit');
    return { status: status ?? -1, stdout: await stdout, stderr: await stderr };
  }
}

function environment(): NodeJS.ProcessEnv {
  return { ...process.env, LAZARET_PASSPHRASE: PASSPHRASE };
}

async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += chunk;
  return text;
}

/** What is being ended may still write for a moment. */
function remove(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
