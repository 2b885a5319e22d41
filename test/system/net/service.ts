// The part of the service that keeps a machine’s network, in the namespace that plays the host.

import { computerTable } from '../../../src/firewall/computer/computer-table.ts';
import { HostNetwork } from '../../../src/firewall/machine/host/forwarding.ts';
import { MachineNetwork } from '../../../src/firewall/machine/network.ts';
import type { NetworkOptions } from '../../../src/firewall/machine/network-options.ts';
import type { OwnSubnets } from '../../../src/firewall/machine/own-subnets.ts';
import type { PrinterQueue } from '../../../src/firewall/machine/printer.ts';
import { removeNetwork } from '../../../src/firewall/machine/remove-network.ts';
import type { ListKey } from '../../../src/firewall/names/dns-config.ts';
import type { NameChange } from '../../../src/firewall/names/names.ts';
import type { AccessMode } from '../../../src/quarantine/access-mode.ts';
import { clashText } from '../../../src/quarantine/subnets.ts';
import { nameMemory } from '../../../src/run/access/name-memory.ts';
import { openLog } from '../../../src/sys/log.ts';
import { serveCalls } from './calls.ts';
import { entriesOf, type ListText, listsOf } from './lists.ts';

const [, , folder = ''] = process.argv;
const host = new HostNetwork(`${folder}/host.json`);
const told: NameChange[] = [];
const toldHost: string[] = [];
const networks = new Map<string, MachineNetwork>();

/** What the tests choose of a network’s options. */
export interface Choice {
  id: string;
  number: number;
  mac: string;
  furtherMacs?: string[];
  uid: number;
  dnsUid: number;
  /** The addresses that are asked for names; a text is a file’s path. */
  resolvers: string[] | string;
  normal: ListText;
  restricted: ListText;
  ipv6?: boolean;
  /** What a network that is there already was made of. */
  own?: OwnSubnets;
  /** How often listed names are looked up. */
  refreshMs?: number;
}

/** What is to bind the computer itself. */
interface ComputerText {
  mode: 'whitelist' | 'blacklist';
  entries: string[];
  needed?: string[];
}

function options({ normal, restricted, resolvers, ...choice }: Choice): NetworkOptions {
  const lists = listsOf(normal, restricted);
  return {
    resolvers: typeof resolvers === 'string' ? { file: resolvers } : { addresses: resolvers },
    ...{ ...choice, lists, host, log: openLog('service') },
    runFolder: `${folder}/${choice.id}`,
    memory: nameMemory(`${folder}/${choice.id}-names.json`, openLog('service')),
    tellHost: (change) => void toldHost.push(change),
    tellClash: (clash) => void toldHost.push(clashText(clash)),
    tellNames: async (changes) => void told.push(...changes),
  };
}

function network(id: string): MachineNetwork {
  const found = networks.get(id);
  if (!found) throw new Error(`no network ${id}`);
  return found;
}

/** With the time, on the clock all processes share, just before and just after. */
async function timed<T extends object>(work: () => Promise<T>): Promise<T & { beganMs: number; doneMs: number }> {
  const beganMs = Number(process.hrtime.bigint()) / 1e6;
  return { ...(await work()), beganMs, doneMs: Number(process.hrtime.bigint()) / 1e6 };
}

await serveCalls({
  async open(choice: Choice) {
    const opened = await MachineNetwork.open(options(choice));
    networks.set(choice.id, opened);
    return opened.enter;
  },
  async adopt(choice: Choice) {
    networks.set(choice.id, await MachineNetwork.adopt(options(choice)));
  },
  switchTo: (id: string, mode: AccessMode) => timed(() => network(id).switchTo(mode)),
  changeLists: (id: string, normal: ListText, restricted: ListText) =>
    timed(() => network(id).changeLists(listsOf(normal, restricted))),
  openForwarding: (id: string) => network(id).openForwarding(),
  state: (id: string) => network(id).state(),
  names: (id: string) => network(id).names(),
  resolvers: (id: string) => network(id).resolvers,
  /** What was told of names that stopped resolving, or began to. */
  told: () => told,
  /** What was told of the computer’s own rules. */
  toldHost: () => toldHost,
  /** Who stops on the computer what the machine sends. */
  stopper: (id: string) => network(id).stopper ?? null,
  namedAddresses: async (id: string, list: ListKey) => [...(await network(id).namedAddresses(list))],
  /** What its network is made of. */
  own: (id: string) => network(id).own,
  denied: (id: string) => network(id).denied(),
  servePrinter: (id: string, queue: PrinterQueue) => network(id).printer.serve(queue),
  isPrinterServed: (id: string) => network(id).printer.isServed(),
  endPrinter: (id: string) => network(id).printer.end(),
  followHost: (id: string) => network(id).followHost(),
  startHelpers: (id: string) => network(id).startHelpers(),
  detach: (id: string) => network(id).detach(),
  close: (id: string) => network(id).close(),
  bindComputer: ({ mode, entries, needed = [] }: ComputerText) =>
    computerTable.bind({ mode, entries: entriesOf(entries), needed: entriesOf(needed) }),
  isBound: ({ mode, entries, needed = [] }: ComputerText) =>
    computerTable.isBound({ mode, entries: entriesOf(entries), needed: entriesOf(needed) }),
  isAnyBound: () => computerTable.isAnyBound(),
  freeComputer: () => computerTable.free(),
  prepareHost: (uplink: string) => host.prepare(uplink, true),
  settleHost: (uplink: string) => host.settle(uplink),
  /** From now on, as for a machine. */
  lookAfterHost: () => void host.follow((change) => void toldHost.push(change)),
  remove: (id: string) => removeNetwork(id, host),
});
