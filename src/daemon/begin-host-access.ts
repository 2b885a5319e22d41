import { join } from 'node:path';
import { readHostPolicy } from '../install/state/host-policy.ts';
import { instanceNames } from '../install/state/instances.ts';
import { computerPaths } from '../install/state/layout.ts';
import { readPackageServer } from '../install/state/package-server.ts';
import { readPolicy } from '../install/state/policies.ts';
import { AppError } from '../lib/errors.ts';
import type { HostPolicy } from '../policy/host.ts';
import type { AccessEntry } from '../policy/parts/access-entry.ts';
import { neededServers } from '../quarantine/lists/needed-servers.ts';
import { zonesOf } from '../quarantine/zones.ts';
import { HostAccess } from '../run/computer/bound-computer.ts';
import type { Computer } from '../run/computer/computer.ts';
import type { EventLog } from '../run/computer/events.ts';
import { neededFor } from '../servers/kinds.ts';
import type { PolicyStore } from '../servers/policies.ts';
import type { Log } from '../sys/log.ts';

/** Where a service notes that there are rules for the computer itself: a restart of the computer forgets both. */
export function hostNotePath(runRoot: string): string {
  return join(runRoot, 'host-policy.json');
}

interface HostDeps {
  state: string;
  /** The addresses of the proxies that web servers are reached through. */
  proxies?: readonly string[] | undefined;
}

/** Puts the rules for the computer itself in force that its user consented to. */
export async function beginHostAccess(
  { state, runRoot, log, proxies }: HostDeps & { runRoot: string; log: Log },
  computer: Computer,
  { events, policies, now }: { events: EventLog; policies: PolicyStore; now: () => Promise<number> },
): Promise<HostAccess> {
  return HostAccess.begin({
    ...{ computer, log, now },
    // Rules are there for the sake of machines.
    consent: async () => ((await instanceNames(state)).length > 0 ? (await readHostPolicy(state))?.consent : undefined),
    needed: (policy) => needs({ state, proxies }, policies, policy),
    noteFile: hostNotePath(runRoot),
    namesFile: computerPaths(state).hostNames,
    async tell(kind, text, details) {
      await events.add({
        kind,
        text,
        ...(details ? { details: { ...details } } : {}),
      });
    },
  });
}

/** The servers and beacons of the project and of its machines’ policies, and the proxies on the way. */
async function needs(
  { state, proxies = [] }: HostDeps,
  policies: PolicyStore,
  { zones }: HostPolicy,
): Promise<readonly AccessEntry[]> {
  const known = await Promise.all((await instanceNames(state)).map((vm) => needsOf(state, policies, vm)));
  return neededServers({
    servers: neededFor([...proxies, await readPackageServer(state), ...known.map(({ address }) => address)]),
    zones: [...zones, ...known.flatMap((machine) => machine.zones)],
  });
}

async function needsOf(state: string, policies: PolicyStore, vm: string) {
  try {
    const { document, policyServer } = await readPolicy(state, vm);
    const owner = { vm: { name: vm, id: document.vmId }, packaged: document, server: policyServer };
    return { address: policyServer, zones: zonesOf((await policies.current(owner)).document.policy.quarantine) };
  } catch (error) {
    // A machine that is damaged needs nothing, and must not keep the rules from being in force.
    if (error instanceof AppError) return { address: undefined, zones: [] };
    throw error;
  }
}
