import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { AppError } from '../../lib/errors.ts';
import { endGroup, groupHasGone } from './processes.ts';

const MIB = 2 ** 20;
const MEMORY_BYTES = 512 * MIB;
const SCRATCH_BYTES = 64 * MIB;
const PROCESSES = 64;
const OPEN_FILES = 256;

/** Where a confined program finds its folder, and where alone it may write. */
const FOLDER = '/plugin';
const SCRATCH = '/tmp';

/** Programs, and what interpreters need to begin; nothing of it is private to anybody. */
const SYSTEM = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'];
const SETTINGS = ['alternatives', 'ld.so.cache', 'ld.so.conf', 'ld.so.conf.d', 'localtime', 'python3', 'perl'];
const NETWORK_SETTINGS = ['resolv.conf', 'hosts', 'nsswitch.conf', 'ssl/certs', 'ssl/openssl.cnf', 'ca-certificates'];

/** The interpreters that a confined program may name: those of the system. */
export function isSystemProgram(path: string): boolean {
  return SYSTEM.some((folder) => path.startsWith(`${folder}/`)) && !path.split('/').includes('..');
}

export interface ConfinedProgram {
  /** A file of `folder`, without its path. */
  file: string;
  args: readonly string[];
  /** All of the environment but PATH, HOME, TMPDIR and LC_ALL. */
  env: Readonly<Record<string, string>>;
  /** The only folder it sees beside the system’s; it can read it and is started in it. */
  folder: string;
  /** The user it runs as; undefined where this process can become no other: then it is nobody in a user namespace. */
  uid: number | undefined;
  /** Whether it has this process’s network; else it has none. */
  network: boolean;
  timeoutMs: number;
  /** What it may write to standard output; more ends it. */
  maxBytes: number;
  signal: AbortSignal;
}

/** How a confined program ended, and the first `maxBytes` of its standard error. */
export interface ConfinedRun {
  end: 'exited' | 'late' | 'too-much' | 'interrupted';
  status: number;
  stdout: Buffer;
  stderr: Buffer;
}

/**
 * Runs a program that nobody trusts: in bubblewrap, as a user without rights, with processes, memory, files and processor
 * time bounded, and empty standard input. Nothing that it started is left when this returns, nor when this process is
 * killed, but in the moment in which bubblewrap begins.
 * @throws PROGRAM_MISSING
 */
export async function runConfined(program: ConfinedProgram): Promise<ConfinedRun> {
  const { timeoutMs, maxBytes, env, signal } = program;
  const [command = '', ...args] = commandOf(program);
  const own = {
    PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin',
    HOME: SCRATCH,
    TMPDIR: SCRATCH,
    LC_ALL: 'C.UTF-8',
  };
  // A session of its own, without a terminal; in its group is the first process of its namespace, which ends all others.
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...own, ...env }, detached: true });
  let end: ConfinedRun['end'] = 'exited';
  const stop = (why: ConfinedRun['end']) => {
    if (end === 'exited') end = why;
    endGroup(child.pid);
  };
  const interrupt = () => stop('interrupted');
  const timer = setTimeout(() => stop('late'), timeoutMs);
  signal.addEventListener('abort', interrupt, { once: true });
  try {
    if (signal.aborted) interrupt();
    const closed = once(child, 'close');
    const [stdout, stderr, [status]] = await Promise.all([
      headOf(child.stdout, maxBytes, () => stop('too-much')),
      headOf(child.stderr, maxBytes, () => undefined),
      closed,
    ]);
    if (child.pid !== undefined) await groupHasGone(child.pid);
    return { end, status: status ?? -1, stdout, stderr };
  } catch (cause) {
    throw new AppError('PROGRAM_MISSING', `cannot start ${command}`, { cause });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', interrupt);
  }
}

/** The first bytes of a stream that is read to its end; `onMore` is told when there are more. */
async function headOf(stream: Readable, maxBytes: number, onMore: () => void): Promise<Buffer> {
  const kept: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const head = chunk.subarray(0, maxBytes - length);
    if (head.length > 0) kept.push(head);
    length += head.length;
    if (head.length < chunk.length) onMore();
  }
  return Buffer.concat(kept);
}

/** The words that start it: bounds first, then the namespaces, then the user, then the program. */
function commandOf({ file, args, folder, uid, network, timeoutMs }: ConfinedProgram): string[] {
  const seconds = Math.ceil(timeoutMs / 1000) + 1;
  const bounds = [`--data=${MEMORY_BYTES}`, `--fsize=${SCRATCH_BYTES}`, `--nofile=${OPEN_FILES}`, '--core=0'];
  const settings = [...SETTINGS, ...(network ? NETWORK_SETTINGS : [])].map((name) => `/etc/${name}`);
  const seen = [...SYSTEM, ...settings].flatMap((path) => ['--ro-bind-try', path, path]);
  const sandbox = [
    ...['bwrap', '--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-cgroup-try', '--hostname', 'plug-in'],
    ...(network ? [] : ['--unshare-net']),
    ...['--die-with-parent', '--cap-drop', 'ALL'],
    ...(uid === undefined ? ['--unshare-user', '--uid', '65534', '--gid', '65534'] : USER_CHANGE),
    ...['--perms', '0755', '--dir', '/etc', '--perms', '0755', '--dir', '/etc/ssl', ...seen],
    ...['--proc', '/proc', '--dev', '/dev', '--perms', '1777', '--size', `${SCRATCH_BYTES}`, '--tmpfs', SCRATCH],
    ...['--ro-bind', folder, FOLDER, '--remount-ro', '/', '--remount-ro', '/dev', '--chdir', FOLDER, '--'],
  ];
  const ids = ['--reuid', `${uid}`, '--regid', `${uid}`, '--clear-groups', '--inh-caps=-all', '--bounding-set=-all'];
  const user = uid === undefined ? [] : ['setpriv', ...ids, '--no-new-privs', '--'];
  // The number of processes is counted by user, so that it is no bound on bubblewrap itself, whose user may have many.
  const processes = uid === undefined ? [] : [`--nproc=${PROCESSES}`];
  const limits = ['prlimit', ...bounds, `--cpu=${seconds}`, ...processes, '--'];
  // Where memory runs short, the kernel ends plug-ins before anything else.
  return ['choom', '-n', '1000', '--', ...limits, ...sandbox, ...user, `${FOLDER}/${file}`, ...args];
}

const USER_CHANGE = ['SETUID', 'SETGID', 'SETPCAP'].flatMap((name) => ['--cap-add', `CAP_${name}`]);
