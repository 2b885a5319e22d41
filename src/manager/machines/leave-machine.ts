import { failureOf } from '../../lib/errors.ts';
import type { RunningMachine } from '../../run/machine/machine.ts';

/**
 * Ends a machine of the project whose administrator leaves it: in preview it is suspended, and shut down where it cannot be; one that is
 * powered on is shut down.
 */
export async function leaveMachine(
  machine: RunningMachine,
  tell: (what: 'suspending' | 'stopping') => void,
): Promise<void> {
  if (machine.spec.mode === 'preview') {
    tell('suspending');
    try {
      await machine.suspend();
      return;
    } catch (error) {
      const { reason, code } = failureOf(error);
      await machine.log('message', `it is shut down, for it cannot be suspended: ${reason}`, { code });
    }
  }
  tell('stopping');
  await machine.stop();
}
