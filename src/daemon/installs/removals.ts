import { type Removable, removable, requireConfirmed, uninstall } from '../../install/change/back/uninstall.ts';
import { forgetHostPolicy } from '../../install/state/host-policy.ts';
import { instanceNames } from '../../install/state/instances.ts';
import { type Asker, ownerOf } from '../../install/state/machine/owner.ts';
import { AppError, failureOf } from '../../lib/errors.ts';
import type { EventLog } from '../../run/computer/events.ts';
import type { Log } from '../../sys/log.ts';
import type { Housekeeping } from './housekeeping.ts';

export interface RemovalsDeps {
  state: string;
  log: Log;
  events: EventLog;
  housekeeping: Housekeeping;
  /** The machines that run, and the generation that each runs. */
  running: () => Map<string, number>;
  /** Removes what a machine that has ended left on this computer’s network. @throws VM_RUNNING when it has not */
  clearAway: (vm: string) => Promise<void>;
  /** Lets running machines, and the computer itself, be judged by what is left. */
  judgeAgain: () => Promise<void>;
}

export interface UninstallRequest {
  asker: Asker;
  vms: readonly string[];
  /** The user knows what goes with them. */
  isConfirmed: boolean;
}

/** Machines that are taken off this computer. */
export class Removals {
  readonly #deps: RemovalsDeps;
  /** The machines that are being removed: none of them starts any more. */
  readonly #leaving = new Set<string>();

  constructor(deps: RemovalsDeps) {
    this.#deps = deps;
  }

  isLeaving(vm: string): boolean {
    return this.#leaving.has(vm);
  }

  /**
   * Removes machines with all that is theirs, one after the other.
   * @throws VM_UNKNOWN, VM_RUNNING, UNINSTALL_CONFIRM; nothing is removed then
   */
  uninstall({ asker, vms, isConfirmed }: UninstallRequest): Promise<Removable[]> {
    const { state, log, housekeeping, running, clearAway } = this.#deps;
    return housekeeping.inTurn(async () => {
      const machines = await removable(state, vms, asker);
      requireConfirmed(machines, isConfirmed);
      try {
        for (const { vm } of machines) {
          // No line between these two may wait, or a start could come between them.
          if (running().has(vm)) throw new AppError('VM_RUNNING', `${vm} is running`);
          this.#leaving.add(vm);
        }
        for (const { vm } of machines) await clearAway(vm);
        for (const machine of machines) await this.#uninstallOne(machine);
      } finally {
        for (const { vm } of machines) this.#leaving.delete(vm);
      }
      // The machines are gone, whatever cannot be done now.
      await this.#letComputerGo().catch((error: unknown) =>
        log.error(failureOf(error), 'the computer’s own rules could not be decided anew'),
      );
      await housekeeping.tidyNow();
      return machines;
    });
  }

  async #uninstallOne({ vm, hasDataDisk }: Removable): Promise<void> {
    const { state, events } = this.#deps;
    const owner = await ownerOf(state, vm);
    await uninstall(state, vm);
    const whose = owner === undefined ? {} : { owner };
    const text = hasDataDisk ? 'removed, with its data disk' : 'removed';
    await events.add({ vm, ...whose, kind: 'uninstalled', text, details: { dataDisk: hasDataDisk } });
  }

  /** With the last machine its user’s consent to rules for the computer itself goes too. */
  async #letComputerGo(): Promise<void> {
    const { state, judgeAgain } = this.#deps;
    if ((await instanceNames(state)).length > 0) return;
    await forgetHostPolicy(state);
    await judgeAgain();
  }
}
