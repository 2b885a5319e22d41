import { AppError } from '../../lib/errors.ts';
import type { Log } from '../../sys/log.ts';
import { endProcess, hasGone } from '../../sys/programs/processes.ts';
import { FORWARDER, type NetworkNames, networkNames, PRINTER_PORT } from '../addresses.ts';
import { endHelpers, helperProcesses } from '../names/helper.ts';
import type { HostNetwork } from './host/forwarding.ts';
import { presentNamespaces, processesInside, removeNamespace } from './namespace.ts';
import { endSocketHolders } from './socket-holder.ts';

/** How long the programs of a service that was killed may take to end. */
const LEFTOVER_GRACE_MS = 1000;
/** How often what runs in a network is looked for again after it was ended. */
const MAX_ROUNDS = 10;

/**
 * Removes what is left of a machine’s network with all that runs in it, and the host’s part when it was the last. What ran
 * on would keep the namespace, which nobody would find again. @throws NETWORK_FAILED, FILTER_FAILED
 */
export async function removeNetwork(id: string, host: HostNetwork): Promise<void> {
  const names = networkNames(id);
  await endInside(names);
  await removeNamespace(names);
  await host.settle(names.uplink);
}

/** The same after a failed start: what cannot be removed must not hide why the start failed. */
export async function clearUp(id: string, host: HostNetwork, log: Log): Promise<void> {
  try {
    await removeNetwork(id, host);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    log.error({ error: error.message }, 'a machine’s network could not be removed');
  }
}

/**
 * Removes a namespace that an earlier start has left with nothing but helpers in it; anything else in it, if it stays, is
 * a machine that runs.
 * @throws NETWORK_FAILED when it is in use
 */
export async function removeLeftover(names: NetworkNames): Promise<void> {
  if ((await presentNamespaces()).includes(names.namespace)) {
    const helpers = (await helperProcesses(names.namespace)).map(({ id }) => id.pid);
    const others = processesInside(names.namespace).filter(({ pid }) => !helpers.includes(pid));
    const gone = await Promise.all(others.map((process) => hasGone(process, LEFTOVER_GRACE_MS)));
    if (gone.includes(false)) throw new AppError('NETWORK_FAILED', 'the machine’s network is in use');
  }
  await endInside(names);
  await removeNamespace(names);
}

/** Ends all that runs in a machine’s network, and what it forks meanwhile. @throws NETWORK_FAILED where something stays */
async function endInside({ namespace }: NetworkNames): Promise<void> {
  if (!(await presentNamespaces()).includes(namespace)) return;
  await endHelpers(await helperProcesses(namespace));
  await endSocketHolders(namespace, [FORWARDER.port, PRINTER_PORT]);
  for (let rounds = 0; rounds < MAX_ROUNDS; rounds += 1) {
    const left = processesInside(namespace);
    if (left.length === 0) return;
    await Promise.all(left.map((process) => endProcess(process)));
  }
  throw new AppError('NETWORK_FAILED', `something in ${namespace} does not end`);
}
