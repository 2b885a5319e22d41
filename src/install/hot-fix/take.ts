import { noSteps, type Steps } from '../../lib/steps.ts';
import { forgetPassword, setTemporaryPassword } from '../opening/password.ts';
import { writePlace } from '../state/place.ts';
import { type Subject, writeRenewal } from '../state/term.ts';
import { type Effect, type Pending, readPending, removePending, writePending } from './pending.ts';

/**
 * Does what the answer to a request says, once: whoever is killed before the first step has taken nothing, and afterwards
 * `finishHotFix` does the rest.
 */
export async function takeHotFix(
  subject: Subject,
  pending: Pending,
  effect: Effect,
  steps: Steps = noSteps,
): Promise<void> {
  await writePending(subject, { ...pending, taken: effect });
  await steps('taken');
  await finishHotFix(subject, steps);
}

/** Does what is left of a hot fix that was taken. To be called before anything of the machine is opened. */
export async function finishHotFix(subject: Subject, steps: Steps = noSteps): Promise<void> {
  const taken = (await readPending(subject))?.taken;
  if (!taken) return;
  await perform(subject, taken);
  await steps('done');
  await removePending(subject.state, subject.vmId);
  await steps('removed');
}

async function perform(subject: Subject, effect: Effect): Promise<void> {
  const { state, vm } = subject;
  switch (effect.kind) {
    case 'denied':
      return;
    case 'renewal':
      return writeRenewal(subject, effect.renewal);
    case 'place':
      return writePlace(subject, effect.place);
    case 'password':
      return setTemporaryPassword(state, vm, effect.verifier);
    case 'new-password':
      return forgetPassword(state, vm);
  }
}
