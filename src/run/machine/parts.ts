import type { MachineNetwork } from '../../firewall/machine/network.ts';
import type { AgentChannel } from '../../guest/agent/agent-channel.ts';
import type { GuestChannel } from '../../guest/channel.ts';
import type { MachineLog } from '../../vm/machine-log.ts';
import type { Qmp } from '../../vm/qmp.ts';
import type { Access } from '../access/access.ts';
import type { KnownTerm } from '../term/known-term.ts';
import type { GuestRequests } from './guest-requests.ts';
import type { Readiness } from './readiness.ts';
import type { RunRecord } from './record.ts';
import type { MachineSpec, RunDeps } from './spec.ts';
import type { Standing } from './standing.ts';

/** All that a running machine consists of. */
export interface MachineParts {
  spec: MachineSpec;
  deps: RunDeps;
  record: RunRecord;
  network: MachineNetwork;
  access: Access;
  /** How long it may be used. */
  known: KnownTerm;
  qmp: Qmp;
  channel: GuestChannel;
  /** To the agent of its guest; a machine that an earlier release started has no port for one. */
  agent: AgentChannel | undefined;
  requests: GuestRequests;
  standing: Standing;
  qemuLog: MachineLog;
  readiness: Readiness;
  stack: AsyncDisposableStack;
}
