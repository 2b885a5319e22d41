import { relayCommand } from '../../sys/names/relay-order.ts';
import type { Resolvers } from '../../sys/names/resolver.ts';
import { endProcess, isRunning, type ProcessId } from '../../sys/programs/processes.ts';
import { FORWARDER } from '../addresses.ts';
import { enterNamespace, namespaceFile } from '../machine/namespace.ts';
import { type SocketHolder, socketHolders, startSocketHolder } from '../machine/socket-holder.ts';
import type { HelperPlace } from './helper.ts';

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
    return startSocketHolder(this.#command, {
      logFile: `${folder}/names-forwarder.log`,
      port: FORWARDER.port,
      failed: 'no forwarder for the machine’s names',
    });
  }
}

function forwarderProcesses(namespace: string): Promise<SocketHolder[]> {
  return socketHolders(namespace, [FORWARDER.port]);
}
