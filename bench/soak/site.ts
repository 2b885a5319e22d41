import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Ended, LabComputer } from '../../lab/computer.ts';
import type { GuestShell } from '../../lab/console.ts';
import { type SmallGuest, smallGuest } from '../../lab/guest.ts';
import { LabNetwork, SERVERS } from '../../lab/network.ts';
import { ROUTES } from '../../src/api/routes.ts';
import { askOnce } from '../../src/cli/service.ts';
import { VersionQuarantine } from '../../src/policy/quarantine.ts';
import { vmPaths } from '../../src/project/layout.ts';
import { openProject } from '../../src/project/open.ts';
import { savePolicy } from '../../src/project/save.ts';
import { run } from '../../src/sys/programs/exec.ts';
import { MOST_SNAPSHOTS, type Standing, VERSIONS } from './steps.ts';

export const VMS = ['books', 'lab', 'office'] as const;
const DISC = 'disc.iso';
const MIB = 2 ** 20;
/** A network in which the policy lets a machine reach less. */
const HOTEL = '192.0.2.7/24';
const ZONE = { name: 'hotel', when: { subnets: ['192.0.2.0/24'] }, normal: { entries: ['update.lab.test'] } };

/** A project of three machines and a computer that has them, each a small guest. */
export class SoakSite implements AsyncDisposable {
  readonly network: LabNetwork;
  readonly computer: LabComputer;
  readonly socket: { socket: string };
  /** How many times the service has been started. */
  life = 1;
  isInHotel = false;
  /** Machines that cannot go on where they were suspended, as an update said or will have it. */
  readonly unfit = new Set<string>();
  /** Where the service writes what its heap holds, when it is asked. */
  readonly heapFile: string;
  #descriptors = new Map<string, string>();
  #shells = new Map<string, GuestShell>();
  #updates = 0;

  private constructor(network: LabNetwork, computer: LabComputer) {
    this.network = network;
    this.computer = computer;
    this.socket = { socket: computer.socket };
    this.heapFile = join(computer.folder, 'heap');
  }

  /** Makes the project, installs its machines and starts them. */
  static async start(): Promise<SoakSite> {
    await using made = new AsyncDisposableStack();
    const network = made.use(await LabNetwork.start());
    const computer = made.use(await LabComputer.start(network));
    const site = new SoakSite(network, computer);
    await site.#install(smallGuest());
    // The first service told nothing of its heap.
    await site.restart('SIGTERM');
    made.move();
    return site;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const vm of VMS) this.leave(vm);
    await this.computer[Symbol.asyncDispose]();
    await this.network[Symbol.asyncDispose]();
  }

  async standing(): Promise<Standing[]> {
    const { machines } = await askOnce(this.socket, ROUTES.status, {});
    return Promise.all(
      machines.map(async ({ vm, state, version, waiting }) => {
        if (state !== 'running' && state !== 'suspended' && state !== 'stopped') throw new Error(`${vm} is ${state}`);
        const { snapshots } = await askOnce(this.socket, ROUTES.snapshots, { vm });
        const { devices } = await askOnce(this.socket, ROUTES.devices, { vm });
        const hasDisc = devices.some(({ connected }) => connected);
        return {
          vm,
          state,
          snapshots: snapshots.length,
          hasDisc,
          isUnfit: state === 'suspended' && this.unfit.has(vm),
          isWaiting: state === 'running' && waiting !== undefined,
          versionsLeft: VERSIONS.length - 1 - VERSIONS.indexOf(version ?? ''),
        };
      }),
    );
  }

  /** The guest’s shell; it is left before the machine ends. */
  async shell(vm: string): Promise<GuestShell> {
    const shell = this.#shells.get(vm) ?? (await this.computer.shell(vm));
    this.#shells.set(vm, shell);
    return shell;
  }

  /** Reports a version from inside the guest. */
  async report(vm: string, version: string): ReturnType<GuestShell['run']> {
    return (await this.shell(vm)).run(`nq-set ${this.#descriptors.get(`${vm} ${version}`)}`);
  }

  /** The versions that a machine may report now: its own and the next one. */
  async reportable(vm: string): Promise<readonly string[]> {
    const { version } = await askOnce(this.socket, ROUTES.machine, { vm });
    const at = VERSIONS.indexOf(version ?? '');
    return VERSIONS.slice(Math.max(at, 0), at + 2);
  }

  leave(vm: string): void {
    this.#shells.get(vm)?.[Symbol.dispose]();
    this.#shells.delete(vm);
  }

  async manager(...args: string[]) {
    return jsonOf(await this.computer.manager(...args, '--json'));
  }

  get disc(): string {
    return join(this.computer.folder, DISC);
  }

  /** Makes a release of machines that have changed by some blocks, and gives the folder of an update to it. */
  async newRelease(vms: readonly string[]): Promise<string> {
    const number = ++this.#updates;
    for (const vm of vms) {
      const { work } = vmPaths(this.computer.project, vm);
      // At the end of the file system, where its guest has nothing.
      const where = `${20 * MIB + (number % 16) * 0x10000} 64k`;
      await run('qemu-io', ['-f', 'qcow2', '-c', `write -P ${number % 256} ${where}`, work]);
    }
    const out = join(this.computer.folder, 'packages');
    const { folder } = await this.manager(
      'package',
      'create',
      `update-${number}`,
      '--kind',
      'update',
      '--mode',
      'fast',
      '--out',
      out,
    );
    return folder;
  }

  /** The computer comes into another network, or out of it. */
  changeZone(isIn: boolean): void {
    const lines = isIn
      ? [
          'link add hotel type veth peer name air',
          'link set air up',
          `address add ${HOTEL} dev hotel`,
          'link set hotel up',
        ]
      : ['link del hotel'];
    for (const line of lines) {
      const [program = '', ...args] = this.network.command('host', 'ip', line.split(' '));
      execFileSync(program, args);
    }
    this.isInHotel = isIn;
  }

  async restart(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    await this.computer.stopService(signal);
    // What was killed could not remove it.
    rmSync(this.computer.socket, { force: true });
    const teller = join(import.meta.dirname, 'tell-heap.ts');
    await this.computer.startService({ NODE_OPTIONS: `--import=${teller}`, SOAK_HEAP: this.heapFile });
    // Whose socket a user has is asked anew: the one that he had is gone.
    await this.computer.ask(ROUTES.status.path);
    this.life += 1;
  }

  async #install(guest: SmallGuest): Promise<void> {
    const { project, folder } = this.computer;
    const server = `http://${SERVERS.web}/policies`;
    const { fingerprint } = await this.manager('init', project, '--name', 'Soak', '--policy-server', server);
    const lists = ['--normal', 'intranet.lab.test', 'update.lab.test', '--restricted', 'update.lab.test'];
    for (const vm of VMS) {
      await this.manager('vm', 'add', vm, '--disk', guest.disk(1), ...guest.vmOptions, '--data-disk', '16M');
      await this.manager('vm', 'device', 'add', vm, 'cd', '--kind', 'cd');
      await this.manager('policy', 'device', vm, 'cd', '--everybody');
      await this.manager('policy', 'set', vm, 'snapshots', 'enabled=true', `most=${MOST_SNAPSHOTS}`);
      await this.manager(
        'nq',
        'set',
        vm,
        '--type',
        'version-based',
        '--mode',
        'whitelist',
        ...lists,
        '--interval',
        '10s',
      );
      for (const version of VERSIONS) {
        const { descriptor } = await this.manager('nq', 'version', 'add', vm, version);
        this.#descriptors.set(`${vm} ${version}`, descriptor);
      }
      await this.manager('nq', 'threshold', vm, '2');
    }
    for (const vm of (await openProject(project)).vms) {
      const { policy } = vm;
      const quarantine = VersionQuarantine.parse({ ...policy.value.quarantine, zones: [ZONE] });
      await savePolicy(vm, { ...policy.value, quarantine });
    }
    await this.manager('deploy');
    const { said } = await this.computer.startManager('web', 'serve', '--host', SERVERS.web, '--port', '80');
    if (!said.includes('serving')) throw new Error(`nothing is served: ${said}`);
    const out = join(folder, 'packages');
    const { folder: source } = await this.manager(
      'package',
      'create',
      'full',
      '--kind',
      'full',
      '--mode',
      'fast',
      '--out',
      out,
    );
    jsonOf(await this.computer.lazaret('install', source, '--fingerprint', fingerprint, '--json'));
    writeFileSync(this.disc, Buffer.alloc(MIB));
  }
}

function jsonOf({ status, stdout, stderr }: Ended) {
  if (status !== 0) throw new Error(`status ${status}: ${stdout}${stderr}`);
  return JSON.parse(stdout);
}
