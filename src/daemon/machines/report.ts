import { canReimage } from '../../install/change/back/reimage.ts';
import { asksForPassword } from '../../install/opening/password.ts';
import type { Instance } from '../../install/state/instances.ts';
import { type Hardware, readHardware } from '../../install/state/machine/hardware.ts';
import { readTrial } from '../../install/state/machine/trial.ts';
import type { Failure } from '../../lib/errors.ts';
import type { HotFixProblem } from '../../policy/hot-fixes.ts';
import type { VersionOrigin } from '../../policy/quarantine.ts';
import type { Rights } from '../../policy/reading/rights.ts';
import type { Settings } from '../../policy/reading/settings.ts';
import type { MachineReport } from '../../run/machine/report.ts';
import type { Startable } from '../terms/terms.ts';

/** An installed machine, running or not. */
export type InstanceReport =
  | (MachineReport & Installed)
  | ({ vm: string; state: 'stopped'; generation: number } & Installed & Startable)
  | ({ vm: string; state: 'suspended'; generation: number; suspendedAt?: string } & Installed & Startable)
  | DamagedReport;

/** A machine whose files cannot be read, or that runs and could not be taken over; and what may be done. */
interface DamagedReport extends Pick<Failure, 'code' | 'reason' | 'causes' | 'remedy'> {
  vm: string;
  owner?: number;
  state: 'damaged';
}

/** What a machine’s project has decided about it. */
export interface Rules {
  /** What the policy in force lets its user do. */
  rights: Rights;
  settings: { memoryMiB: number; cpus: number; policies: Settings };
}

/** What is installed beyond the generation. */
interface Installed extends Partial<Rules> {
  /** The number of the user whose it is; without it, it is everybody’s. */
  owner?: number;
  /** The generation that the next start uses, where the machine runs another. */
  waiting?: number;
  /** The generation that a roll back leads to. */
  former?: number;
  /** It has devices that may be connected. */
  hasDevices?: true;
  /** The project lets its user put it back to how it was installed. */
  canReimage?: true;
  /** How its trial goes, while it has one to pass. */
  trial?: string;
  /** What the administrator made of its hardware, for its next start. */
  hardware?: Hardware & { packaged: Hardware };
  /** Whoever knows the administrator’s password may change that. */
  canAdminister?: true;
  /** The problems that its user may ask a hot fix for. */
  hotFixes?: readonly HotFixProblem[];
  /** Its policy asks for a password. */
  password?: true;
  notes?: string;
  descriptor?: string;
  /** Whose word that is. */
  origin?: VersionOrigin;
}

/** What is known of an installed machine whether it runs, and then which generation, or not. */
export async function installedFacts(
  state: string,
  { file: { vm }, current, former }: Instance,
  runs: number | undefined,
): Promise<
  Pick<Installed, 'waiting' | 'former' | 'hasDevices' | 'canReimage' | 'trial' | 'password' | 'notes' | 'hardware'>
> {
  const { generation, notes, machine } = current;
  const trial = await readTrial(state, vm, generation);
  const hardware = await readHardware(state, vm, generation);
  const packaged = { memoryMiB: machine.memoryMiB, cpus: machine.cpus };
  return {
    ...(runs === undefined || runs === generation ? {} : { waiting: generation }),
    ...(former === undefined ? {} : { former }),
    ...(machine.devices === undefined ? {} : { hasDevices: true }),
    ...(canReimage(current) ? { canReimage: true } : {}),
    ...(trial ? { trial: trial.failed ?? 'it has not reported itself healthy yet' } : {}),
    ...((await asksForPassword(state, vm)) ? { password: true } : {}),
    ...(hardware ? { hardware: { ...hardware, packaged } } : {}),
    ...(notes === undefined ? {} : { notes }),
  };
}

export function damaged(vm: string, { code, reason, causes, remedy }: Failure): DamagedReport {
  return { vm, state: 'damaged', code, reason, causes, remedy };
}
