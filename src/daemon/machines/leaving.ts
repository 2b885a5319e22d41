import { failureOf } from '../../lib/errors.ts';
import { rightsOf } from '../../policy/reading/rights.ts';
import type { RunningMachine } from '../../run/machine/machine.ts';

/** The player of a machine is closed: what its policy says comes of it. It runs on where it cannot be suspended. */
export async function leave(machine: RunningMachine): Promise<void> {
  const { exit } = rightsOf(machine.access.policy.document.policy);
  try {
    await (exit === 'power-off' ? machine.stop() : machine.suspend());
  } catch (error) {
    const { reason, code } = failureOf(error);
    await machine.log('message', `its player is closed, and it runs on: ${reason}`, { code });
  }
}

/** With the end of its service, or of its computer, a machine loses nothing where that can be, and goes on with the next service. */
export async function suspendOrStop(machine: RunningMachine): Promise<void> {
  const { exit } = rightsOf(machine.access.policy.document.policy);
  if (exit !== 'power-off') {
    try {
      await machine.suspend({ comesBack: true });
      return;
    } catch (error) {
      const { reason, code } = failureOf(error);
      await machine.log('message', `it is shut down, for it cannot be suspended: ${reason}`, { code });
    }
  }
  await machine.stop();
}
