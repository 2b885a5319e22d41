import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readlinkSync } from 'node:fs';
import { AppError, systemCode } from '../../lib/errors.ts';
import { mayUse } from '../files/files.ts';
import { pause } from '../pause.ts';
import { hasProgram, PROGRAM_ENV, run } from './exec.ts';

const TUN = '/dev/net/tun';
const READY_MS = 20_000;
const LOOK_MS = 20;

/**
 * The first program of the namespaces: a /run of their own, in which the folder named first is the one outside; then the
 * words behind it. It ends when they do, and hands them the signals it gets.
 */
const FIRST = `set -e
exec 9<"$1"
mount -t tmpfs -o mode=755 run /run
mkdir -p "$1"
mount -c --bind /proc/self/fd/9 "$1"
exec 9<&-
mount -t sysfs sys /sys
ip link set lo up
shift
"$@" & child=$!
trap 'kill -TERM $child' TERM INT HUP
set +e
while :; do wait $child; status=$?; kill -0 $child 2>/dev/null || exit $status; done`;

/** All of these: the user is root in them, and what is in them ends with their first program. */
const UNSHARE = ['--user', '--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', '--map-root-user'];
const UPLINK = 'up0';
/** Without its defaults, which would let the host’s own services be reached by way of the gateway or of loopback. */
const PASTA = [
  '--config-net',
  '--ns-ifname',
  UPLINK,
  '--no-map-gw',
  '-t',
  'none',
  '-u',
  'none',
  '-T',
  'none',
  '-U',
  'none',
];

/** A program that runs as root of namespaces of its own, with a way out of them. */
export interface OwnNamespaces {
  /** The words before a command that is to run in their network, as root of it. */
  enter: readonly string[];
  /** Its exit status, once it and everything in the namespaces have ended. */
  ended: Promise<number>;
  /** Asks it to end. */
  stop(): void;
}

/**
 * Starts a program in user, network, mount and process namespaces of its own, for a user who is not root. pasta carries its
 * packets: what it opens, it opens as this user on this computer. `runFolder` is the same folder inside and outside.
 * @throws ROOTLESS_UNAVAILABLE with what is missing
 */
export async function startInOwnNamespaces(command: readonly string[], runFolder: string): Promise<OwnNamespaces> {
  requireRootless();
  const words = [
    ...UNSHARE,
    ...((await hasUsersAside()) ? ['--map-auto'] : []),
    'sh',
    '-c',
    FIRST,
    'sh',
    runFolder,
    ...command,
  ];
  const inside = spawn('unshare', words, { stdio: ['ignore', 'inherit', 'inherit'] });
  const ended = once(inside, 'exit').then(([code]) => (typeof code === 'number' ? code : 1));
  await untilEntered(inside);
  const uplink = spawn('pasta', ['--foreground', '--quiet', ...PASTA, `${inside.pid}`], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: PROGRAM_ENV,
  });
  await untilLinked(inside, uplink);
  uplink.once('exit', () => stopFirst(inside));
  const enter = ['nsenter', `--target=${inside.pid}`, '--user', '--net', '--preserve-credentials'];
  return {
    enter: [...enter, 'sh', '-c', 'ip link set lo up; exec "$@"', 'sh'],
    ended: ended.finally(() => uplink.kill()),
    stop: () => stopFirst(inside),
  };
}

/** Whether the computer has set users aside for this one: then QEMU need not be the user who serves its names. */
async function hasUsersAside(): Promise<boolean> {
  try {
    await run('unshare', ['--user', '--map-root-user', '--map-auto', 'true']);
    return true;
  } catch (error) {
    if (error instanceof AppError && error.code === 'PROGRAM_FAILED') return false;
    throw error;
  }
}

function requireRootless(): void {
  const missing = ['unshare', 'pasta', 'ip', 'nft'].filter((program) => !hasProgram(program));
  if (missing.length > 0) throw new AppError('ROOTLESS_UNAVAILABLE', `not installed: ${missing.join(', ')}`);
  if (!mayUse(TUN)) throw new AppError('ROOTLESS_UNAVAILABLE', `${TUN} is not open to this user`);
}

/** The namespaces are made, and their users are known. */
async function untilEntered({ pid, exitCode }: ChildProcess): Promise<void> {
  const ours = readlinkSync('/proc/self/ns/net');
  const until = performance.now() + READY_MS;
  while (performance.now() < until && exitCode === null) {
    try {
      const isOther = readlinkSync(`/proc/${pid}/ns/net`) !== ours;
      if (isOther && firstOf(pid) !== undefined && readFileSync(`/proc/${pid}/uid_map`, 'utf8') !== '') return;
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
      break;
    }
    await pause(LOOK_MS, AbortSignal.timeout(READY_MS));
  }
  throw new AppError('ROOTLESS_UNAVAILABLE', 'this computer gives its users no namespaces of their own');
}

/**
 * pasta has made the link; where this computer has no network it ends at once instead, and says why. What runs inside waits for the
 * link and has done nothing yet, so it is ended the short way.
 */
async function untilLinked(inside: ChildProcess, uplink: ChildProcess): Promise<void> {
  const until = performance.now() + READY_MS;
  while (uplink.exitCode === null && inside.exitCode === null && performance.now() < until) {
    if (readFileSync(`/proc/${inside.pid}/net/dev`, 'utf8').includes(`${UPLINK}:`)) return;
    await pause(LOOK_MS, AbortSignal.timeout(READY_MS));
  }
  uplink.kill();
  inside.kill('SIGKILL');
  throw new AppError('ROOTLESS_UNAVAILABLE', 'pasta found no network to connect the service’s namespaces to');
}

/** The process that unshare has started in the namespaces. */
function firstOf(pid: number | undefined): number | undefined {
  const [first] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
  return first ? Number(first) : undefined;
}

function stopFirst({ pid, exitCode, signalCode }: ChildProcess): void {
  if (exitCode !== null || signalCode !== null) return;
  const first = firstOf(pid);
  if (first !== undefined) process.kill(first, 'SIGTERM');
}
