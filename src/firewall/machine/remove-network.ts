import { AppError } from '../../lib/errors.ts';
import type { Log } from '../../sys/log.ts';
import { endProcess, hasGone } from '../../sys/programs/processes.ts';
import { type NetworkNames, networkNames } from '../addresses.ts';
import { findHelpers } from '../names/helper.ts';
import type { HostNetwork } from './forwarding.ts';
import { presentNamespaces, processesInside, removeNamespace } from './namespace.ts';

/** How long the programs of a service that was killed may take to end. */
const LEFTOVER_GRACE_MS = 1000;

/** Removes what is left of a machine’s network, and the host’s part when it was the last. @throws NETWORK_FAILED, FILTER_FAILED */
export async function removeNetwork(id: string, host: HostNetwork): Promise<void> {
  const names = networkNames(id);
  await endHelpersOf(names);
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
    const helpers = [...(await findHelpers(names.namespace)).values()].map(({ pid }) => pid);
    const others = (await processesInside(names.namespace)).filter(({ pid }) => !helpers.includes(pid));
    const gone = await Promise.all(others.map((process) => hasGone(process, LEFTOVER_GRACE_MS)));
    if (gone.includes(false)) throw new AppError('NETWORK_FAILED', 'the machine’s network is in use');
  }
  await endHelpersOf(names);
  await removeNamespace(names);
}

/** Ends all that runs in a machine’s network, which nobody looks after any more. @throws NETWORK_FAILED */
export async function endInside(id: string): Promise<void> {
  const { namespace } = networkNames(id);
  if (!(await presentNamespaces()).includes(namespace)) return;
  await Promise.all((await processesInside(namespace)).map((process) => endProcess(process)));
}

async function endHelpersOf({ namespace }: NetworkNames): Promise<void> {
  if (!(await presentNamespaces()).includes(namespace)) return;
  await Promise.all([...(await findHelpers(namespace)).values()].map((helper) => endProcess(helper)));
}
