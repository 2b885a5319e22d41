import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../lib/errors.ts';
import { openFiles, readIfThere, tailOf, writeFileAtomic } from '../../sys/files/files.ts';
import { makeFolder } from '../../sys/files/folders.ts';
import { readKernelFile } from '../../sys/files/kernel.ts';
import { startDetached } from '../../sys/programs/exec.ts';
import { endProcess, isRunning, leadsSession, type ProcessId } from '../../sys/programs/processes.ts';
import { DNS_PORTS } from '../addresses.ts';
import { enterNamespace, processesInside } from '../machine/namespace.ts';
import type { ListKey } from './dns-config.ts';

const READY_TIMEOUT_MS = 15_000;
const DHCP_PORT = 67;
const MAX_CONFIG_BYTES = 32 << 20;
const CAPABILITIES = 'net_admin,net_raw,net_bind_service';

/** Where a helper runs, as whom, and where its configuration and its last words are kept. */
export interface HelperPlace {
  namespace: string;
  uid: number;
  folder: string;
}

/**
 * Starts the dnsmasq that serves one list of a machine, in the machine’s namespace, and waits until it listens.
 * It outlives us. It runs as a user of its own and keeps, of root’s powers, CAP_NET_ADMIN (it writes the sets of names),
 * CAP_NET_RAW and CAP_NET_BIND_SERVICE: whoever breaks it can change this one machine’s rules, no other’s, because it
 * cannot leave the namespace.
 * @throws NETWORK_FAILED with what dnsmasq said, PROGRAM_MISSING
 */
export async function startHelper(place: HelperPlace, list: ListKey, config: string): Promise<ProcessId> {
  const configFile = configFileOf(place, list);
  const logFile = `${place.folder}/names-${list}.log`;
  await makeFolder(place.folder, 0o700);
  // Read through a descriptor: the file may be read by every user, the folder it is in may not.
  await writeFileAtomic(configFile, config, 0o644);
  await writeFileAtomic(logFile, '', 0o600);
  await using files = await openFiles({
    readOnly: [configFile],
    writable: [],
    append: [place.uid === 0 ? '/dev/null' : logFile],
  });
  const [configFd = 0, outputFd = 2] = files.fds;
  const [program = 'nsenter', ...enter] = [...enterNamespace(place.namespace), ...asUser(place.uid)];
  const args = [...enter, 'dnsmasq', foreground(place.uid), markOf(list), '--conf-file=/dev/fd/3'];
  const helper = await startDetached(program, args, { outputFd, handed: [configFd] }).catch(failed);
  for (let waitedMs = 0; !(await listens(helper, list)); waitedMs += 10) {
    if (!isRunning(helper) || waitedMs > READY_TIMEOUT_MS) {
      await endProcess(helper, 0);
      const said = (await tailOf(logFile, 2000)).trim();
      throw new AppError('NETWORK_FAILED', `dnsmasq does not serve the machine: ${said || 'no word from it'}`);
    }
    await sleep(10);
  }
  return helper;
}

/** One that ended before it was looked at serves nobody, as one that ends a moment later. */
function failed(cause: unknown): never {
  if (!(cause instanceof AppError) || cause.code !== 'PROGRAM_FAILED') throw cause;
  throw new AppError('NETWORK_FAILED', `dnsmasq does not serve the machine: ${cause.message}`, { cause });
}

/** What the helper that was started last for that list was told. */
export async function toldLast(place: HelperPlace, list: ListKey): Promise<string | undefined> {
  return (await readIfThere(configFileOf(place, list), MAX_CONFIG_BYTES))?.toString('utf8');
}

function configFileOf({ folder }: HelperPlace, list: ListKey): string {
  return `${folder}/names-${list}.conf`;
}

/** A process of a helper: the one we started, or one that it forked. dnsmasq forks for every question over TCP. */
interface HelperProcess {
  list: ListKey;
  id: ProcessId;
  isForked: boolean;
}

/** All processes of helpers in a namespace. */
export async function helperProcesses(namespace: string): Promise<HelperProcess[]> {
  const found: HelperProcess[] = [];
  for (const id of processesInside(namespace)) {
    const words = (await readKernelFile(`/proc/${id.pid}/cmdline`))?.split('\0') ?? [];
    if (words[0] !== 'dnsmasq') continue;
    const list = (['normal', 'restricted'] as const).find((each) => words.includes(markOf(each)));
    // A child has its parent’s command line, and outlives it; the session it is in stays its parent’s.
    if (list) found.push({ list, id, isForked: !leadsSession(id) });
  }
  return found;
}

/** Ends helpers with all that they forked: first those we started, which then fork no more. */
export async function endHelpers(helpers: readonly HelperProcess[]): Promise<void> {
  await Promise.all(helpers.filter(({ isForked }) => !isForked).map(({ id }) => endProcess(id)));
  // A child heeds no SIGTERM, and holds its parent’s port.
  await Promise.all(helpers.filter(({ isForked }) => isForked).map(({ id }) => endProcess(id, 0)));
}

/** A word that tells the helpers of the two lists apart. */
function markOf(list: ListKey): string {
  return `--port=${DNS_PORTS[list]}`;
}

/** Root alone, as in a user namespace of one user, must not try to become another; this way of starting does not. */
function foreground(uid: number): string {
  return uid === 0 ? '--no-daemon' : '--keep-in-foreground';
}

function asUser(uid: number): string[] {
  if (uid === 0) return [];
  const caps = `-all,${CAPABILITIES.replaceAll(/(^|,)/g, '$1+')}`;
  const user = [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--no-new-privs'];
  return ['setpriv', ...user, `--inh-caps=${caps}`, `--ambient-caps=${caps}`, `--bounding-set=${caps}`];
}

/** Whether its sockets are bound; before it is dnsmasq, the process may still stand in another namespace. */
async function listens({ pid }: ProcessId, list: ListKey): Promise<boolean> {
  if (!(await readKernelFile(`/proc/${pid}/cmdline`))?.startsWith('dnsmasq\0')) return false;
  const table = (await readKernelFile(`/proc/${pid}/net/udp`)) ?? '';
  const ports = [...table.matchAll(/^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) /gm)].map(([, hex = '']) => Number(`0x${hex}`));
  return ports.includes(DNS_PORTS[list]) && (list !== 'normal' || ports.includes(DHCP_PORT));
}
