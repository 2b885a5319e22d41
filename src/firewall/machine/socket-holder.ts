import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../lib/errors.ts';
import { openFiles, tailOf, writeFileAtomic } from '../../sys/files/files.ts';
import { makeFolder } from '../../sys/files/folders.ts';
import { readKernelFile } from '../../sys/files/kernel.ts';
import { OWN_PROGRAM_ENV, startDetached } from '../../sys/programs/exec.ts';
import { endProcess, isRunning, type ProcessId, processOf } from '../../sys/programs/processes.ts';
import { enterNamespace, runInside } from './namespace.ts';

const READY_TIMEOUT_MS = 15_000;
/** What it needs until it listens: to enter the namespace, to read its own program, to become its user. */
const CAPABILITIES = 'sys_admin,dac_read_search,setuid,setgid';
/** And for a port of root’s. */
const BIND = 'net_bind_service';
const FIRST_FREE_PORT = 1024;

/** A process on the computer itself that holds a socket in a machine’s namespace, and what it was started with. */
export interface SocketHolder {
  id: ProcessId;
  words: string[];
}

/** Starts one, which outlives us, and waits until it says that it is `ready`. @throws NETWORK_FAILED with what it said */
export async function startSocketHolder(
  command: readonly string[],
  { logFile, port, failed }: { logFile: string; port: number; failed: string },
): Promise<ProcessId> {
  await makeFolder(dirname(logFile), 0o700);
  await writeFileAtomic(logFile, '', 0o600);
  await using files = await openFiles({ readOnly: [], writable: [], append: [logFile] });
  const [outputFd = 2] = files.fds;
  const needed = port < FIRST_FREE_PORT ? `${CAPABILITIES},${BIND}` : CAPABILITIES;
  const caps = `-all,${needed.replaceAll(/(^|,)/g, '$1+')}`;
  const confined = ['--no-new-privs', '--inh-caps=-all', `--bounding-set=${caps}`];
  const holder = await startDetached('setpriv', [...confined, ...command], { outputFd, env: OWN_PROGRAM_ENV });
  for (let waitedMs = 0; ; waitedMs += 10) {
    const said = (await tailOf(logFile, 2000)).trim();
    if (said.endsWith('ready')) return holder;
    if (!isRunning(holder) || waitedMs > READY_TIMEOUT_MS) {
      await endProcess(holder, 0);
      throw new AppError('NETWORK_FAILED', `${failed}: ${said || 'no word from it'}`);
    }
    await sleep(10);
  }
}

/** They are in the computer’s namespace; what shows whose they are is the sockets, of these ports, that they hold in the machine’s. */
export async function socketHolders(namespace: string, ports: readonly number[]): Promise<SocketHolder[]> {
  const ours = ports.map((port) => `sport = :${port}`).join(' or ');
  const { stdout } = await runInside(enterNamespace(namespace), 'ss', ['-Hlntup', ours]);
  const pids = new Set([...stdout.matchAll(/pid=(\d+)/g)].map(([, pid]) => Number(pid)));
  const found: SocketHolder[] = [];
  for (const pid of pids) {
    const id = processOf(pid);
    const words = (await readKernelFile(`/proc/${pid}/cmdline`))?.split('\0').slice(0, -1) ?? [];
    if (id && id.pid !== process.pid) found.push({ id, words });
  }
  return found;
}

/** Ends them. They would keep the namespace. */
export async function endSocketHolders(namespace: string, ports: readonly number[]): Promise<void> {
  await Promise.all((await socketHolders(namespace, ports)).map(({ id }) => endProcess(id)));
}
