import { failureOf } from '../../lib/errors.ts';
import type { RunningMachine } from '../../run/machine/machine.ts';
import type { Log } from '../../sys/log.ts';

/** By what is installed, at once; whoever changes it does not wait for a policy server, which is asked afterwards. */
export async function judgeInstalled(machines: Iterable<RunningMachine>, log: Log): Promise<void> {
  const judged = [...machines].map((machine) =>
    told(machine, machine.access.judgeInstalled(), log).finally(() => void lookUpFor(machine, log, 'interval')),
  );
  await Promise.all(judged);
}

/** Has a machine judged by what its policy is now. */
export function lookUpFor(machine: RunningMachine, log: Log, event?: 'interval'): Promise<void> {
  return told(machine, machine.access.lookUp(event), log);
}

/** What fails is an event, and the machine is closed. */
async function told(machine: RunningMachine, judging: Promise<unknown>, log: Log): Promise<void> {
  try {
    await judging;
  } catch (error) {
    log.error({ vm: machine.spec.name, ...failureOf(error) }, 'a new policy could not be enforced');
    await machine.log('failed', 'the policy could not be enforced', failureOf(error));
  }
}
