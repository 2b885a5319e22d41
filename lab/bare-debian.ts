import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const ROOT = join(import.meta.dirname, '..');
const NEEDS = readFileSync(join(ROOT, 'packaging', 'debian', 'needs.json'));
/** Made by setup/bare-debian.mjs, of what our packages need. */
const ARCHIVE = join(ROOT, '.cache', 'bare-debian', `${hash('sha256', NEEDS)}.tar`);
const LOOK_EVERY_MS = 50;
const ENVIRONMENT = {
  ...{ PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root' },
  ...{ DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' },
};

export interface Said {
  status: number | null;
  text: string;
}

/** Why no Debian can be started in namespaces here, if so. */
export function whyNoBareDebian(): string | false {
  if (!existsSync(ARCHIVE)) return 'the set-up was not asked for the bare Debian (--bare)';
  const folder = cgroupFolder();
  if (folder === undefined) return 'cgroup 2 is not mounted';
  try {
    rmdirSync(mkdtempSync(join(folder, 'lazaret-')));
    return false;
  } catch {
    return 'only root may make cgroups';
  }
}

/** A Debian with systemd and nothing else, as processes of this computer in namespaces of their own; no network leads out of it. */
export class BareDebian implements AsyncDisposable {
  /** Its files, from outside. */
  readonly root: string;
  readonly #folder: string;
  readonly #cgroup: string;
  readonly #outer: ChildProcess;
  readonly #first: string;

  private constructor(folder: string, cgroup: string, outer: ChildProcess, first: string) {
    this.root = join(folder, 'root');
    this.#folder = folder;
    this.#cgroup = cgroup;
    this.#outer = outer;
    this.#first = first;
  }

  static async start(): Promise<BareDebian> {
    const folder = mkdtempSync(join(tmpdir(), 'lazlab-debian-'));
    const root = join(folder, 'root');
    mkdirSync(root);
    execFileSync('tar', ['-xf', ARCHIVE, '-C', root]);
    const cgroup = mkdtempSync(join(cgroupFolder() ?? '', 'lazaret-'));
    // Its cgroups begin below one of its own; it ends with the process that holds it.
    const enter = 'echo $$ > "$1/cgroup.procs"; shift; exec "$@"';
    const own = ['unshare', '--net', '--mount', '--pid', '--uts', '--ipc', '--cgroup', '--fork', '--kill-child=KILL'];
    const boot = [...own, '--propagation', 'private', 'sh', join(import.meta.dirname, 'bare-debian.sh'), root];
    const outer = spawn('sh', ['-c', enter, 'sh', cgroup, ...boot], { stdio: 'ignore' });
    let first = '';
    for (; first === '' && outer.exitCode === null; await sleep(LOOK_EVERY_MS))
      first = readFileSync(`/proc/${outer.pid}/task/${outer.pid}/children`, 'utf8').trim();
    const debian = new BareDebian(folder, cgroup, outer, first);
    // Before that it has no root of its own, and nothing to ask.
    while (outer.exitCode === null && debian.run('systemctl', 'is-system-running', '--wait').text !== 'running')
      await sleep(LOOK_EVERY_MS);
    return debian;
  }

  /** Runs a command in it. */
  run(...command: string[]): Said {
    const within = ['--target', this.#first, '--all', 'env', '-i'];
    const environment = Object.entries(ENVIRONMENT).map(([name, value]) => `${name}=${value}`);
    const { status, stdout, stderr } = spawnSync('nsenter', [...within, ...environment, ...command], {
      ...{ encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], cwd: '/' },
    });
    return { status, text: `${stdout}${stderr}`.trim() };
  }

  /** The paths of its files, without what is mounted. */
  files(): string[] {
    const said = execFileSync('find', ['.', '-xdev', '-printf', '%P\\n'], { cwd: this.root, maxBuffer: 64 << 20 });
    return `${said}`.split('\n').filter(Boolean).sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#outer, 'exit');
    if (this.#outer.exitCode === null) {
      this.#outer.kill('SIGKILL');
      await ended;
    }
    while (existsSync(join(this.#cgroup, 'cgroup.events')) && /populated 1/.test(eventsOf(this.#cgroup)))
      await sleep(LOOK_EVERY_MS);
    // The deepest first.
    for (const below of globSync('**/', { cwd: this.#cgroup }).sort().reverse()) rmdirSync(join(this.#cgroup, below));
    rmSync(this.#folder, { recursive: true });
  }
}

function eventsOf(cgroup: string): string {
  return readFileSync(join(cgroup, 'cgroup.events'), 'utf8');
}

/** Where the second kind of cgroups is mounted. */
function cgroupFolder(): string | undefined {
  const lines = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '));
  return lines.find(([, , kind]) => kind === 'cgroup2')?.[1];
}
