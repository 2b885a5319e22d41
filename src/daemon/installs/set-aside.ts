import { AppError, failureOf } from '../../lib/errors.ts';
import type { EventLog } from '../../run/computer/events.ts';
import type { RunningMachine } from '../../run/machine/machine.ts';

/** The machines that run, and what lets one go on that is as it was opened. */
export interface Runs {
  ifRunning: (vm: string) => Pick<RunningMachine, 'spec' | 'suspend' | 'stop'> | undefined;
  goOn: (vm: string) => Promise<unknown>;
}

interface Aside {
  runs: Runs;
  events: EventLog;
  /** What it does is kept, or given up for the change. */
  how: 'suspend' | 'end';
}

/**
 * Changes a machine that may run: one that does is set aside, and goes on afterwards, whatever came of the change. Where its service is
 * killed meanwhile, the next one lets it go on. @throws what the change does, and what suspending does: it runs on then
 */
export async function changeAside<T>(vm: string, { runs, events, how }: Aside, change: () => Promise<T>): Promise<T> {
  const machine = runs.ifRunning(vm);
  if (!machine) return change();
  await (how === 'suspend' ? machine.suspend({ comesBack: true }) : machine.stop(true));
  try {
    return await change();
  } finally {
    await runs.goOn(vm).catch((error: unknown) => tellStays(events, vm, error));
  }
}

/** Nobody is there who could be asked for what keeps it from going on. */
export async function tellStays(events: EventLog, vm: string, error: unknown): Promise<void> {
  // Its user was quicker.
  if (error instanceof AppError && error.code === 'VM_RUNNING') return;
  const { reason, code } = failureOf(error);
  const text = `it does not go on by itself: ${reason}`;
  await events.add({ vm, kind: 'message', text, details: { code }, same: code });
}
