import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROUTES } from '../src/api/routes.ts';
import { type Ended, LabComputer } from './computer.ts';
import { GuestShell } from './console.ts';
import { type LabGuest, smallGuest } from './guest.ts';
import { LabNetwork, SERVERS, type Server } from './network.ts';

const VM = 'office';
const PATIENCE_MS = 60_000;
const MESSAGES = {
  restricted: 'This computer is not up to date: only the update server can be reached.',
  update: 'A newer version is waiting on the update server.',
};
/** Something each server gives to whoever reaches it. */
const PATHS: Record<Server, string> = { update: '/', intranet: '/', web: '/policies/metadata/timestamp.json' };

export interface Built {
  folder: string;
  blobBytes: number;
}

export interface Status {
  state: string;
  access?: 'normal' | 'restricted' | 'refused';
  reason?: string;
  message?: string;
  version?: string;
  generation?: number;
  former?: number;
  waiting?: number;
}

interface Event {
  at: string;
  kind: string;
  text: string;
  details?: { to?: string; durationMs?: number };
}

/** What an administrator and a user do with Lazaret from the first command to the last, on a site of its own. */
export class MainJob implements AsyncDisposable {
  readonly vm = VM;
  readonly network: LabNetwork;
  readonly computer: LabComputer;
  readonly #guest: LabGuest;
  #shell: GuestShell | undefined;

  private constructor(network: LabNetwork, computer: LabComputer, guest: LabGuest) {
    this.network = network;
    this.computer = computer;
    this.#guest = guest;
  }

  static async start(
    onCommand: (line: string) => void = () => undefined,
    guest: LabGuest = smallGuest(),
  ): Promise<MainJob> {
    const network = await LabNetwork.start();
    try {
      return new MainJob(network, await LabComputer.start(network, onCommand), guest);
    } catch (error) {
      await network[Symbol.asyncDispose]();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#shell?.[Symbol.dispose]();
    await this.computer[Symbol.asyncDispose]();
    await this.network[Symbol.asyncDispose]();
  }

  /** Makes the project with its machine, given more options of `vm add`; gives the project’s fingerprint. */
  async makeProject(...more: string[]): Promise<string> {
    const { project } = this.computer;
    const server = `http://${SERVERS.web}/policies`;
    const { fingerprint } = await this.#manager('init', project, '--name', 'Office', '--policy-server', server);
    await this.#manager('vm', 'add', VM, '--disk', this.#guest.disk(1), ...this.#guest.vmOptions, ...more);
    return fingerprint;
  }

  /**
   * Sets which servers the machine may reach: both when it is up to date, the update server when it is not. Whoever does not wait
   * for a look-up in time sets a long interval: one each second is a good part of all that a service does.
   */
  setQuarantine({ interval = '1s' } = {}): Promise<void> {
    return this.setLists({
      normal: ['intranet.lab.test', 'update.lab.test'],
      restricted: ['update.lab.test'],
      interval,
    });
  }

  async setLists({
    normal,
    restricted,
    interval,
  }: {
    normal: string[];
    restricted: string[];
    interval: string;
  }): Promise<void> {
    const lists = ['--normal', ...normal, '--restricted', ...restricted];
    const messages = ['--restricted-message', MESSAGES.restricted, '--update-message', MESSAGES.update];
    const set = ['nq', 'set', VM, '--type', 'version-based', '--mode', 'whitelist'];
    await this.#manager(...set, ...lists, ...messages, '--interval', interval);
  }

  /** Has the machine’s policy looked up; what follows from it is in force afterwards. */
  lookUp(): Promise<Status> {
    return this.#lazaret('look-up', VM);
  }

  /** Defines the next version, given more options of `nq version add`; gives its descriptor. */
  async addVersion(name: string, ...more: string[]): Promise<string> {
    const { descriptor } = await this.#manager('nq', 'version', 'add', VM, name, ...more);
    return descriptor;
  }

  /** From now on this version and newer ones have normal access. */
  async require(version: string): Promise<void> {
    await this.#manager('nq', 'threshold', VM, version);
    await this.deploy();
  }

  /** Publishes what has been changed; gives the time when the command had ended, on the clock all processes share. */
  async deploy(): Promise<number> {
    await this.#manager('deploy');
    return Number(process.hrtime.bigint()) / 1e6;
  }

  /** Gives roles of the project’s keys new ones. */
  async rotateKeys(...roles: string[]): Promise<void> {
    await this.#manager('keys', 'rotate', ...roles);
  }

  /** Lets the site’s web server hand out what is published. */
  async serve(): Promise<void> {
    const { said } = await this.computer.startManager('web', 'serve', '--host', SERVERS.web, '--port', '80');
    if (!said.includes('serving')) throw new Error(`nothing is served: ${said}`);
  }

  /** Makes a package, given more options of `package create`. */
  build(name: string, kind: 'full' | 'update' | 'policy', ...more: string[]): Promise<Built> {
    const out = join(this.computer.folder, 'packages');
    return this.#manager('package', 'create', name, '--kind', kind, '--out', out, ...more);
  }

  /** Changes the administrator’s own copy as an update would, in preview, and reports its version. */
  async changeOwnCopy(command: string): Promise<void> {
    const run = ['--run', join(this.computer.folder, 'preview'), '--accel', 'tcg', '--resolver', this.network.resolver];
    const { said, ended } = await this.computer.startManager('host', 'preview', VM, ...run, '--json');
    using shell = await GuestShell.open(JSON.parse(said).sockets.console);
    const { status, output } = await shell.run(command);
    if (status !== 0) throw new Error(`in preview: ${output}`);
    await shell.run('sync');
    shell.send(this.#guest.powerOff);
    await ended;
  }

  /** Has the updater for a version written, given commands as `update-script` takes them; gives the line that runs it in the guest. */
  async updater(version: string, ...commands: string[]): Promise<string> {
    const { status, stdout, stderr } = await this.computer.manager('update-script', VM, version, ...commands);
    if (status !== 0) throw new Error(stderr);
    const text = Buffer.from(stdout).toString('base64');
    return `echo ${text} | base64 -d >/tmp/update && sh /tmp/update`;
  }

  install({ folder }: Pick<Built, 'folder'>, ...options: string[]): Promise<Ended> {
    return this.computer.lazaret('install', folder, ...options);
  }

  /** Starts the machine and waits until its guest answers. */
  async startMachine(): Promise<void> {
    await this.#lazaret('start', VM);
    await this.connect();
  }

  /** Waits until the guest of a machine that was started answers. */
  async connect(): Promise<void> {
    // The line has one user at a time.
    this.#shell?.[Symbol.dispose]();
    this.#shell = await this.computer.shell(VM);
  }

  async stopMachine(): Promise<void> {
    this.#shell?.[Symbol.dispose]();
    await this.#lazaret('stop', VM);
  }

  /** What `lazaret status` asks for, without a program each time: some wait for what it says. */
  async status(): Promise<Status> {
    const [status] = await this.computer.ask(ROUTES.machine.path.replace(':vm', VM));
    return status as Status;
  }

  explain(to: string): Promise<{ allowed: boolean; rule: string }> {
    return this.#lazaret('explain', VM, to);
  }

  /** Waits until the machine’s access is this. */
  async until(access: Status['access']): Promise<Status> {
    for (const began = performance.now(); performance.now() - began < PATIENCE_MS; await sleep(100)) {
      const status = await this.status();
      if (status.access === access) return status;
    }
    throw new Error(`access did not become ${access}`);
  }

  /** How long the packet filter’s changes of access took, in milliseconds, oldest first. */
  async switches(): Promise<{ to: string; durationMs: number }[]> {
    return (await this.#events()).flatMap(({ kind, details }) =>
      kind === 'access' && details?.to !== undefined && details.durationMs !== undefined
        ? [{ to: details.to, durationMs: details.durationMs }]
        : [],
    );
  }

  /** What happened, oldest first, by kind. */
  async eventKinds(): Promise<string[]> {
    return (await this.#events()).map(({ kind }) => kind);
  }

  /** Runs a command in the guest. */
  guest(command: string): ReturnType<GuestShell['run']> {
    if (!this.#shell) throw new Error('the machine does not run');
    return this.#shell.run(command);
  }

  /** Which servers answer the guest, asked from inside it. */
  async reached(): Promise<Server[]> {
    const found: Server[] = [];
    for (const name of ['update', 'intranet', 'web'] as const) {
      const { status } = await this.guest(`timeout 30 wget -q -O /dev/null http://${SERVERS[name]}${PATHS[name]}`);
      if (status === 0) found.push(name);
    }
    return found;
  }

  /** Reports a version from inside the guest; `ms` by the guest’s own clock, which counts in tens. */
  async nqSet(words: string): Promise<{ status: number; output: string; ms: number }> {
    const { status, output } = await this.guest(
      `read -r a _ </proc/uptime; vmware-guestd --cmd "nq-set ${words}"; s=$?; read -r b _ </proc/uptime; echo "$a $b"; exit $s`,
    );
    const lines = output.split('\n');
    const [before = 0, after = 0] = (lines.pop() ?? '').split(' ').map(Number);
    return { status, output: lines.join('\n'), ms: Math.round((after - before) * 1000) };
  }

  async #events(): Promise<Event[]> {
    return (await this.computer.ask(`${ROUTES.events.path}?last=1000&follow=false`)) as Event[];
  }

  async #manager(...args: string[]) {
    return jsonOf(await this.computer.manager(...args, '--json'));
  }

  async #lazaret(...args: string[]) {
    return jsonOf(await this.computer.lazaret(...args, '--json'));
  }
}

/** What a command printed as JSON. */
function jsonOf({ status, stdout, stderr }: Ended) {
  if (status !== 0) throw new Error(`status ${status}: ${stdout}${stderr}`);
  return JSON.parse(stdout);
}
