import type { Stopper } from '../../firewall/machine/host/foreign-rules.ts';
import type { MachineNetwork } from '../../firewall/machine/network.ts';
import type { ResolversReport } from '../../firewall/machine/network-options.ts';
import { type SubnetReport, subnetReport } from '../../firewall/machine/own-subnets.ts';
import type { NameReport } from '../../firewall/names/names.ts';
import type { Enforcement } from '../../policy/quarantine.ts';
import type { Accel } from '../../vm/args.ts';
import type { Moved } from '../../vm/memory.ts';
import type { AccessReport } from '../access/report.ts';
import type { SharedReport } from '../share/shared-folder.ts';
import { type TermReport, termReport } from '../term/report.ts';
import type { GuestWord } from './guest-requests.ts';
import type { MachineParts } from './parts.ts';
import type { Standstill } from './standing.ts';

const MAX_NAMES = 200;

export interface MachineReport extends AccessReport, SubnetReport, TermReport {
  vm: string;
  /** `paused`: the guest stands still, and `stands` says why. */
  state: 'running' | 'paused' | 'stopping' | 'suspending';
  stands?: Standstill;
  /** How far its memory is saved, while it is. */
  saved?: Moved;
  accel: Accel;
  enforcement: Enforcement;
  startedAt: string;
  /** Since when its guest is known to have its address; undefined while it has none. */
  readySince?: string;
  /** What it last said of itself, as far as this service has heard it. */
  guest?: GuestWord;
  generation?: number;
  /** The folder of its user’s that its guest has. */
  sharedFolder?: SharedReport;
  /** Another program’s rules that stop on the computer what the machine may send. */
  stoppedBy?: Stopper;
  /** Whom the guest’s names are asked of. */
  resolvers?: ResolversReport;
  /** The names of its lists, those that do not resolve first; at most some hundred. */
  names?: NameReport[];
}

type Reported = Pick<
  MachineParts,
  'spec' | 'deps' | 'record' | 'network' | 'access' | 'known' | 'requests' | 'standing' | 'readiness'
>;

/** Whether the machine is on its way out, how far its memory is saved, and the folder that its guest has. */
interface Leaving {
  leaving: 'stopping' | 'suspending' | undefined;
  saved: Moved | undefined;
  shared: SharedReport | undefined;
}

/** How it stands with a running machine. */
export function machineReport(parts: Reported, { leaving, saved, shared }: Leaving): MachineReport {
  const { spec, deps, record, network, access, known, requests, standing, readiness } = parts;
  const { accel, startedAt } = record;
  const { stopper, resolvers } = network;
  const { standstill } = standing;
  return {
    vm: spec.name,
    state: leaving ?? (standstill ? 'paused' : 'running'),
    ...(standstill ? { stands: standstill } : {}),
    ...(saved ? { saved } : {}),
    ...(shared ? { sharedFolder: shared } : {}),
    accel,
    enforcement: deps.computer.enforcement,
    startedAt,
    ...(readiness.since === undefined ? {} : { readySince: readiness.since }),
    ...(requests.word ? { guest: requests.word } : {}),
    ...(spec.generation === undefined ? {} : { generation: spec.generation }),
    ...access.report(),
    ...termReport(known.term),
    ...(resolvers ? { resolvers } : {}),
    ...namesOf(network),
    ...(stopper ? { stoppedBy: stopper } : {}),
    ...subnetReport(network),
  };
}

function namesOf(network: MachineNetwork): { names?: NameReport[] } {
  const names = network.names().sort((a, b) => Number(b.code !== undefined) - Number(a.code !== undefined));
  return names.length > 0 ? { names: names.slice(0, MAX_NAMES) } : {};
}
