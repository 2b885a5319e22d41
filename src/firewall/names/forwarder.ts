import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../lib/errors.ts';
import { openFiles, tailOf, writeFileAtomic } from '../../sys/files/files.ts';
import { makeFolder } from '../../sys/files/folders.ts';
import { readKernelFile } from '../../sys/files/kernel.ts';
import { relayCommand } from '../../sys/names/relay-order.ts';
import type { Resolvers } from '../../sys/names/resolver.ts';
import { OWN_PROGRAM_ENV, startDetached } from '../../sys/programs/exec.ts';
import { endProcess, isRunning, type ProcessId, processOf } from '../../sys/programs/processes.ts';
import { FORWARDER } from '../addresses.ts';
import { enterNamespace, namespaceFile, runInside } from '../machine/namespace.ts';
import type { HelperPlace } from './helper.ts';

const READY_TIMEOUT_MS = 15_000;
/** What it needs until it listens: to enter the namespace, to read its own program, to become its user. */
const CAPABILITIES = 'sys_admin,dac_read_search,setuid,setgid';

/**
 * The one way out for the questions of a machine’s helpers: a process on the computer itself that takes them on the
 * namespace’s loopback and leads them on to whom the computer’s own programs ask. It outlives us, as the helpers do, and runs
 * as their user with nothing of root’s powers. Whoever breaks it can ask names, and be what an ordinary user is.
 */
export class Forwarder {
  readonly #place: HelperPlace;
  readonly #command: readonly string[];
  /** The namespace is being made just now: no service has started one for it. */
  #isNew: boolean;
  #process: ProcessId | undefined;
  #serving: Promise<void> | undefined;

  constructor(place: HelperPlace, resolvers: Resolvers, isNew: boolean) {
    const { namespace, uid } = place;
    this.#isNew = isNew;
    this.#place = place;
    const at = { enter: enterNamespace(namespace), namespaceFile: namespaceFile(namespace), ...FORWARDER };
    this.#command = relayCommand({ ...at, uid, resolvers });
  }

  /**
   * Sees to it that it runs, and gives the same to all who ask meanwhile; one that an earlier service started is taken over
   * when it was told the same. @throws NETWORK_FAILED
   */
  serve(): Promise<void> {
    this.#serving ??= this.#serve().finally(() => {
      this.#serving = undefined;
    });
    return this.#serving;
  }

  /** Waits until none is being started any more, come of it what may. */
  async settled(): Promise<void> {
    await this.#serving?.catch(() => undefined);
  }

  async #serve(): Promise<void> {
    if (this.#process && isRunning(this.#process)) return;
    const found = this.#isNew ? [] : await forwarderProcesses(this.#place.namespace);
    this.#isNew = false;
    const same = found.find(({ words }) => words.join('\0') === this.#command.join('\0'));
    if (!same) await Promise.all(found.map(({ id }) => endProcess(id)));
    this.#process = same?.id ?? (await this.#start());
  }

  async #start(): Promise<ProcessId> {
    const { folder } = this.#place;
    const logFile = `${folder}/names-forwarder.log`;
    await makeFolder(folder, 0o700);
    await writeFileAtomic(logFile, '', 0o600);
    await using files = await openFiles({ readOnly: [], writable: [], append: [logFile] });
    const [outputFd = 2] = files.fds;
    const caps = `-all,${CAPABILITIES.replaceAll(/(^|,)/g, '$1+')}`;
    const confined = ['--no-new-privs', '--inh-caps=-all', `--bounding-set=${caps}`];
    const forwarder = await startDetached('setpriv', [...confined, ...this.#command], {
      outputFd,
      env: OWN_PROGRAM_ENV,
    });
    for (let waitedMs = 0; ; waitedMs += 10) {
      const said = (await tailOf(logFile, 2000)).trim();
      if (said.endsWith('ready')) return forwarder;
      if (!isRunning(forwarder) || waitedMs > READY_TIMEOUT_MS) {
        await endProcess(forwarder, 0);
        throw new AppError('NETWORK_FAILED', `no forwarder for the machine’s names: ${said || 'no word from it'}`);
      }
      await sleep(10);
    }
  }
}

/** Ends whatever leads a namespace’s questions on. It would keep the namespace. */
export async function endForwarders(namespace: string): Promise<void> {
  await Promise.all((await forwarderProcesses(namespace)).map(({ id }) => endProcess(id)));
}

/** It is in the computer’s namespace; what shows whose it is is the socket that it holds in the machine’s. */
async function forwarderProcesses(namespace: string): Promise<{ id: ProcessId; words: string[] }[]> {
  const filter = `sport = :${FORWARDER.port}`;
  const { stdout } = await runInside(enterNamespace(namespace), 'ss', ['-Hlunp', filter]);
  const found: { id: ProcessId; words: string[] }[] = [];
  for (const [, pid] of stdout.matchAll(/pid=(\d+)/g)) {
    const id = processOf(Number(pid));
    const words = (await readKernelFile(`/proc/${pid}/cmdline`))?.split('\0').slice(0, -1) ?? [];
    if (id && id.pid !== process.pid) found.push({ id, words });
  }
  return found;
}
