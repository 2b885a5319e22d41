import { join } from 'node:path';
import { type Failure, failureOf } from '../../lib/errors.ts';
import type { Computer } from '../../run/computer/computer.ts';
import type { EventLog } from '../../run/computer/events.ts';
import { removeLeftovers } from '../../run/machine/lifecycle.ts';
import type { RunRecord } from '../../run/machine/record.ts';
import type { Log } from '../../sys/log.ts';
import { pause } from '../../sys/pause.ts';
import { isRunning } from '../../sys/programs/processes.ts';

/** How often a machine that did not let itself be taken over is tried again. */
const TRY_AGAIN_MS = 5000;

/** A machine that runs, whoever started it: the name of its run folder, its record, the generation that it runs. */
export interface Found {
  id: string;
  record: RunRecord;
  generation: number;
}

export interface TakingOverDeps {
  runRoot: string;
  computer: Computer;
  log: Log;
  events: EventLog;
  /** Takes a machine into this service’s hands. @throws whatever keeps it from it */
  adopt: (vm: string, found: Found) => Promise<void>;
}

/**
 * Takes over the machines that run when a service begins. One that cannot be taken over keeps the service from no other;
 * its filter stays as it was, and it is tried again until it is taken, has ended, or this service ends.
 */
export class TakingOver implements AsyncDisposable {
  readonly #deps: TakingOverDeps;
  readonly #untaken = new Map<string, Found & { failure: Failure }>();
  readonly #over = new AbortController();
  readonly #trying: Promise<void>[] = [];

  constructor(deps: TakingOverDeps) {
    this.#deps = deps;
  }

  /** Takes a machine over; where that fails, it goes on trying. */
  async begin(vm: string, found: Found): Promise<void> {
    if (!(await this.#take(vm, found))) this.#trying.push(this.#takeLater(vm));
  }

  /** The machines that run and were not taken over, and the generation that each runs. */
  running(): (readonly [vm: string, generation: number])[] {
    return [...this.#untaken].flatMap(([vm, { record, generation }]) =>
      isRunning(record.qemu) ? [[vm, generation] as const] : [],
    );
  }

  /** Why a machine that runs was not taken over; undefined for any other. */
  failureOf(vm: string): Failure | undefined {
    const untaken = this.#untaken.get(vm);
    return untaken && isRunning(untaken.record.qemu) ? untaken.failure : undefined;
  }

  /** A machine that could not be taken over has ended: what it leaves is removed, and it may start again. @throws NETWORK_FAILED */
  async forget(vm: string): Promise<void> {
    const untaken = this.#untaken.get(vm);
    if (!untaken) return;
    const { runRoot, computer } = this.#deps;
    await removeLeftovers(untaken.id, join(runRoot, untaken.id), computer);
    this.#untaken.delete(vm);
  }

  /** Waits for what is being tried, and tries nothing more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort();
    await Promise.all(this.#trying);
  }

  async #takeLater(vm: string): Promise<void> {
    const { signal } = this.#over;
    for (await pause(TRY_AGAIN_MS, signal); !signal.aborted; await pause(TRY_AGAIN_MS, signal)) {
      const untaken = this.#untaken.get(vm);
      if (!untaken || !isRunning(untaken.record.qemu)) return;
      await this.#take(vm, untaken);
    }
  }

  async #take(vm: string, { id, record, generation }: Found): Promise<boolean> {
    const { adopt, log, events } = this.#deps;
    try {
      await adopt(vm, { id, record, generation });
      this.#untaken.delete(vm);
      return true;
    } catch (error) {
      const failure = failureOf(error);
      const { reason, code } = failure;
      this.#untaken.set(vm, { id, record, generation, failure });
      log.error({ vm, ...failure }, 'machine could not be taken over');
      const text = `could not be taken over: ${reason}`;
      await events.add({ vm, kind: 'failed', text, details: { code }, same: code });
      return false;
    }
  }
}
