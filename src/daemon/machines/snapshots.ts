import type { Opened } from '../../install/opening/write-disks.ts';
import {
  removeSnapshot,
  requireTakable,
  revertTo,
  takeSnapshot,
  whyUnusable,
} from '../../install/snapshots/snapshot.ts';
import { mergeRemoved } from '../../install/snapshots/snapshot-settle.ts';
import {
  readBelow,
  readSnapshots,
  type Snapshot,
  snapshotIds,
  snapshotNamed,
} from '../../install/snapshots/snapshots.ts';
import { type Instance, openInstance } from '../../install/state/instances.ts';
import { generationPaths } from '../../install/state/layout.ts';
import { isLocked } from '../../install/state/machine/locked.ts';
import { type Asker, requireSeen } from '../../install/state/machine/owner.ts';
import { readTrial } from '../../install/state/machine/trial.ts';
import { AppError, type Failure, failureOf } from '../../lib/errors.ts';
import type { Steps } from '../../lib/steps.ts';
import type { Rights } from '../../policy/reading/rights.ts';
import type { EventLog, Happening } from '../../run/computer/events.ts';
import type { Changes, StoppedChange } from '../installs/changes.ts';
import type { Housekeeping } from '../installs/housekeeping.ts';
import { changeAside, type Runs } from '../installs/set-aside.ts';
import { findSuspended } from './suspended.ts';

/** So many files at most lie below the disks of a machine that runs, beside those of the snapshots that its user has. */
const MOST_REMOVED = 16;

export interface SnapshotsDeps {
  state: string;
  events: EventLog;
  housekeeping: Housekeeping;
  changes: Changes;
  /** What the policy in force lets a machine’s user do. */
  rights: (instance: Instance) => Promise<Rights>;
  /** The trusted time in milliseconds. */
  now: () => Promise<number>;
  runs: Runs;
  /** Told after each step. */
  steps?: Steps;
}

/** A snapshot as its user is told of it. */
interface SnapshotReport extends Pick<Snapshot, 'name' | 'description' | 'takenAt' | 'generation' | 'withMemory'> {
  /** The machine goes on from this one. */
  isPresent?: true;
  /** Why it cannot be gone back to. */
  unusable?: Pick<Failure, 'code' | 'reason' | 'remedy'>;
}

export interface SnapshotsReport {
  vm: string;
  /** How many its project lets its user keep; 0 where it lets him keep none. */
  most: number;
  snapshots: SnapshotReport[];
}

/** The earlier states that users keep of their machines, within what policy lets them. */
export class Snapshots {
  readonly #deps: SnapshotsDeps;

  constructor(deps: SnapshotsDeps) {
    this.#deps = deps;
  }

  /** @throws VM_UNKNOWN */
  async list(asker: Asker, vm: string): Promise<SnapshotsReport> {
    const { state, rights } = this.#deps;
    await requireSeen(state, vm, asker);
    const instance = await openInstance(state, vm);
    const present = await readBelow(generationPaths(state, vm, instance.current.generation).below);
    const reports = (await readSnapshots(state, vm)).map(async (snapshot): Promise<SnapshotReport> => {
      const { id, name, description, takenAt, generation, withMemory } = snapshot;
      const unusable = await whyUnusable(instance, snapshot);
      return {
        ...{ name, takenAt, generation },
        ...(description === undefined ? {} : { description }),
        ...(withMemory ? { withMemory } : {}),
        ...(id === present ? { isPresent: true } : {}),
        ...(unusable ? { unusable: shown(failureOf(unusable)) } : {}),
      };
    });
    return { vm, most: (await rights(instance)).snapshots, snapshots: await Promise.all(reports) };
  }

  /**
   * Keeps the state of a machine. One that runs is suspended for it, and goes on from there.
   * @throws VM_UNKNOWN, VM_RUNNING, SNAPSHOT_FORBIDDEN, SNAPSHOT_UPDATING, SNAPSHOT_UNWRITTEN, SNAPSHOT_FULL, SNAPSHOT_TAKEN, DISK_FULL, and as
   * suspending
   */
  async take(asker: Asker, vm: string, wanted: Pick<Snapshot, 'name' | 'description'>): Promise<SnapshotsReport> {
    const { state, now, steps } = this.#deps;
    const check = async (instance: Instance) => {
      const most = await this.#requireAllowed(instance);
      if ((await readSnapshots(state, vm)).length >= most)
        throw new AppError(
          'SNAPSHOT_FULL',
          `the project lets ${most === 1 ? '1 snapshot' : `${most} snapshots`} of ${vm} be kept, and there are as many`,
        );
      await requireTakable(state, vm, wanted.name);
    };
    await this.#change(asker, vm, 'suspend', {
      check,
      work: async () => {
        const { generation } = await takeSnapshot(state, vm, {
          ...{ ...wanted, now: await now() },
          ...(steps ? { steps } : {}),
        });
        await this.#tell({
          vm,
          kind: 'snapshot',
          text: `“${wanted.name}” was taken, of generation ${generation}`,
          details: { did: 'taken', name: wanted.name },
        });
      },
    });
    return this.list(asker, vm);
  }

  /**
   * Puts a machine back. One that runs is powered off for it, and then goes on, or boots where its memory was not kept.
   * @throws VM_UNKNOWN, VM_RUNNING, SNAPSHOT_FORBIDDEN, SNAPSHOT_UPDATING, SNAPSHOT_UNKNOWN, SNAPSHOT_CONFIRM, TRUST_FLOOR, DISK_FULL
   */
  async revert(asker: Asker, vm: string, name: string, isConfirmed: boolean): Promise<SnapshotsReport> {
    const { state, housekeeping, steps } = this.#deps;
    await this.#change(asker, vm, 'end', {
      check: async (instance) => {
        await this.#requireAllowed(instance);
        const snapshot = await snapshotNamed(state, vm, name);
        const unusable = await whyUnusable(instance, snapshot);
        if (unusable) throw unusable;
        requireConfirmed(vm, `all that was changed in ${vm} since its last snapshot`, isConfirmed);
      },
      work: async () => {
        const { generation } = await revertTo(state, vm, name, steps);
        await this.#tell({
          vm,
          kind: 'snapshot',
          text: `back to “${name}”, of generation ${generation}`,
          details: { did: 'reverted', name },
        });
      },
    });
    await housekeeping.tidy();
    return this.list(asker, vm);
  }

  /** A machine that runs keeps its disks as they are until it has stopped. @throws VM_UNKNOWN, SNAPSHOT_UNKNOWN, SNAPSHOT_CONFIRM */
  async remove(asker: Asker, vm: string, name: string, isConfirmed: boolean): Promise<SnapshotsReport> {
    const { state, housekeeping } = this.#deps;
    await housekeeping.inTurn(async () => {
      await requireSeen(state, vm, asker);
      await openInstance(state, vm);
      await snapshotNamed(state, vm, name);
      requireConfirmed(vm, `the snapshot “${name}” of ${vm}`, isConfirmed);
      await removeSnapshot(state, vm, name);
      await this.#tell({ vm, kind: 'snapshot', text: `“${name}” was removed`, details: { did: 'removed', name } });
    });
    await this.#merge(asker, vm);
    return this.list(asker, vm);
  }

  /** Whatever cannot be merged now is merged at its next boot: it is correct as it is, and only takes room. */
  async #merge(asker: Asker, vm: string): Promise<void> {
    const { state, changes } = this.#deps;
    // What is in its memory belongs to the very files of its disks.
    if (await findSuspended(state, vm)) return;
    try {
      await changes.changeStopped(asker, vm, { check: () => undefined, work: () => mergeRemoved(state, vm) });
    } catch (error) {
      if (!(error instanceof AppError && ['VM_RUNNING', 'DISK_FULL'].includes(error.code))) throw error;
    }
  }

  /**
   * What was removed while the machine ran, and of encrypted disks, whose key nobody else has, is merged while it is being opened. What
   * cannot be merged keeps no machine from its start.
   */
  async mergeOpened({ state, file: { vm } }: Instance, { diskKey }: Pick<Opened, 'diskKey'>): Promise<void> {
    if ((await snapshotIds(state, vm)).length === 0) return;
    try {
      await this.#deps.housekeeping.inTurn(() => mergeRemoved(state, vm, diskKey === undefined ? {} : { diskKey }));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
    }
  }

  /** Changes a machine that does not run, or is set aside for it once it is known that nothing speaks against that. */
  async #change(asker: Asker, vm: string, how: 'suspend' | 'end', change: StoppedChange<void>): Promise<void> {
    const { state, changes, events, runs } = this.#deps;
    const machine = runs.ifRunning(vm);
    if (machine) {
      await requireSeen(state, vm, asker);
      const instance = await openInstance(state, vm);
      await change.check(instance);
      if (how === 'suspend') await requireFewRemoved(instance);
      await requireAside(instance, how === 'suspend' ? machine.spec.generation : instance.current.generation);
    }
    await changeAside(vm, { runs, events, how }, () => changes.changeStopped(asker, vm, change));
  }

  /** How many may be kept. @throws SNAPSHOT_FORBIDDEN, SNAPSHOT_UPDATING */
  async #requireAllowed(instance: Instance): Promise<number> {
    const { housekeeping, rights } = this.#deps;
    const { vm } = instance.file;
    const { snapshots: most } = await rights(instance);
    if (most === 0) throw new AppError('SNAPSHOT_FORBIDDEN', `the project lets no snapshots of ${vm} be kept`);
    if (housekeeping.isInstalling)
      throw new AppError('SNAPSHOT_UPDATING', `something is being installed, perhaps for ${vm}`);
    return most;
  }

  async #tell(happening: Happening): Promise<void> {
    await this.#deps.events.add(happening);
  }
}

/** @throws VM_RUNNING where it would not go on by itself, SNAPSHOT_UPDATING where it might go back to another system */
async function requireAside({ state, file: { vm }, current }: Instance, runs: number | undefined): Promise<void> {
  const { generation } = current;
  if (runs !== generation)
    throw new AppError(
      'VM_RUNNING',
      `${vm} is running, and its next start uses another system, generation ${generation}`,
    );
  if (await isLocked(state, vm))
    throw new AppError('VM_RUNNING', `${vm} is running, and nobody here keeps what opens its disks`);
  if (await readTrial(state, vm, generation))
    throw new AppError('SNAPSHOT_UPDATING', `generation ${generation} of ${vm} has yet to report itself healthy`);
}

/** A machine that runs stands on the disks of removed snapshots until it is booted again. @throws SNAPSHOT_FULL */
async function requireFewRemoved({ state, file: { vm } }: Instance): Promise<void> {
  const removed = (await snapshotIds(state, vm)).length - (await readSnapshots(state, vm)).length;
  if (removed < MOST_REMOVED) return;
  const reason = `${removed} snapshots of ${vm} were removed while it ran, and lie below its disks until it is booted again`;
  throw new AppError('SNAPSHOT_FULL', reason);
}

function requireConfirmed(vm: string, lost: string, isConfirmed: boolean): void {
  if (isConfirmed) return;
  throw new AppError('SNAPSHOT_CONFIRM', `${lost} would be gone for good`, { details: { machines: [{ vm }] } });
}

function shown({ code, reason, remedy }: Failure): Pick<Failure, 'code' | 'reason' | 'remedy'> {
  return { code, reason, remedy };
}
