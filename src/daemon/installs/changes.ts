import {
  finishReimage,
  isReimaging,
  type Reimaged,
  reimage,
  requireReimage,
} from '../../install/change/back/reimage.ts';
import { type RolledBack, rollBack } from '../../install/change/back/rollback.ts';
import { finishSnapshotWork } from '../../install/snapshots/snapshot-work.ts';
import { type Instance, openInstance } from '../../install/state/instances.ts';
import { type Asker, requireSeen } from '../../install/state/machine/owner.ts';
import { AppError } from '../../lib/errors.ts';
import type { EventLog } from '../../run/computer/events.ts';
import type { Housekeeping } from './housekeeping.ts';

export interface ChangesDeps {
  state: string;
  events: EventLog;
  housekeeping: Housekeeping;
  /** The machines that run, and the generation that each runs. */
  running: () => Map<string, number>;
}

/** What is put back, and that its user knows what goes with it. */
interface ReimageRequest {
  dataDisk: boolean;
  confirmed: boolean;
}

/** A change of a machine that does not run: what is asked first, and what is done. */
export interface StoppedChange<T> {
  check: (instance: Instance) => Promise<void> | void;
  work: () => Promise<T>;
}

/** What changes one machine that is installed: back to its former system, to how it was installed, to an earlier state. */
export class Changes {
  readonly #deps: ChangesDeps;
  /** A machine that does not run, and is being changed: whoever starts one waits. */
  #changing: Promise<unknown> = Promise.resolve();

  constructor(deps: ChangesDeps) {
    this.#deps = deps;
  }

  /** Lets a machine’s next start use its former system. @throws as rollBack */
  rollBack(asker: Asker, vm: string): Promise<RolledBack & { afterStop: boolean }> {
    const { state, housekeeping, running } = this.#deps;
    return housekeeping.inTurn(async () => {
      // It may have become another’s while this waited.
      await requireSeen(state, vm, asker);
      const rolled = await this.rollBackNow(vm, 'as was asked');
      await housekeeping.tidyNow();
      return { ...rolled, afterStop: running().has(vm) };
    });
  }

  /** The same for one who has the turn already. @throws as rollBack */
  async rollBackNow(vm: string, why: string): Promise<RolledBack> {
    const rolled = await rollBack(this.#deps.state, vm);
    const { from, to } = rolled;
    const text = `from generation ${from} back to ${to}, ${why}`;
    await this.#deps.events.add({ vm, kind: 'rolled-back', text, details: { from, to } });
    return rolled;
  }

  /**
   * Puts a machine back to how it was installed; a start that begins meanwhile waits.
   * @throws VM_UNKNOWN, VM_RUNNING, REIMAGE_FORBIDDEN, REIMAGE_CONFIRM; nothing is changed then
   */
  reimage(asker: Asker, vm: string, { dataDisk, confirmed }: ReimageRequest): Promise<Reimaged> {
    return this.changeStopped(asker, vm, {
      check: (instance) => requireReimage(instance, dataDisk, confirmed),
      work: () => this.#reimage(vm, dataDisk),
    });
  }

  /** Changes the disks of a machine that does not run; a start that begins meanwhile waits. @throws VM_UNKNOWN, VM_RUNNING */
  changeStopped<T>(asker: Asker, vm: string, { check, work }: StoppedChange<T>): Promise<T> {
    const { state, housekeeping, running } = this.#deps;
    return housekeeping.inTurn(async () => {
      await requireSeen(state, vm, asker);
      await check(await openInstance(state, vm));
      // No line between these two may wait, or a start could come between them.
      if (running().has(vm)) throw new AppError('VM_RUNNING', `${vm} is running`);
      const changing = this.#finishedFirst(vm, work);
      this.#changing = changing.catch(() => undefined);
      return changing;
    });
  }

  /** Until no machine that does not run is being changed. */
  async untilChanged(): Promise<void> {
    await this.#changing;
  }

  /** What was begun of a machine and never came to its end does first. */
  async #finishedFirst<T>(vm: string, work: () => Promise<T>): Promise<T> {
    const { state } = this.#deps;
    await finishSnapshotWork(state, vm);
    const { current } = await openInstance(state, vm);
    if (await isReimaging(state, vm, current.generation)) await finishReimage(state, vm, current);
    return work();
  }

  async #reimage(vm: string, dataDisk: boolean): Promise<Reimaged> {
    const reimaged = await reimage(this.#deps.state, vm, { dataDisk });
    const what = dataDisk ? 'its system disk and its data disk are' : 'its system disk is';
    const { generation } = reimaged;
    const text = `${what} as when generation ${generation} was installed`;
    await this.#deps.events.add({ vm, kind: 'reimaged', text, details: { generation, dataDisk } });
    return reimaged;
  }
}
