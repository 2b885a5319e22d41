import { noSteps, type Steps } from '../../lib/steps.ts';
import { forgetPassword, setTemporaryKey, setTemporaryPassword } from '../opening/password.ts';
import { openInstance } from '../state/instances.ts';
import { writePlace } from '../state/machine/place.ts';
import { mendTerm, type Subject, writeRenewal } from '../state/machine/term.ts';
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
  const pending = await readPending(subject);
  if (!pending?.taken) return;
  await perform(subject, pending.taken, pending.madeAt);
  await steps('done');
  await removePending(subject.state, subject.vmId);
  await steps('removed');
}

async function perform(subject: Subject, effect: Effect, askedAt: number): Promise<void> {
  const { state, vm } = subject;
  switch (effect.kind) {
    case 'denied':
      return;
    case 'renewal':
      return writeRenewal(subject, effect.renewal);
    case 'place':
      await writePlace(subject, effect.place);
      return tellTerm(subject, askedAt);
    case 'password':
      return setTemporaryPassword(state, vm, effect.verifier);
    case 'recovery':
      return setTemporaryKey(state, vm, Buffer.from(effect.sealed, 'base64'));
    case 'new-password':
      return forgetPassword(state, vm);
  }
}

/** On another computer nobody can tell when it was installed: its days are over there, and a hot fix can give it some. */
async function tellTerm(subject: Subject, askedAt: number): Promise<void> {
  const { current } = await openInstance(subject.state, subject.vm);
  await mendTerm(subject, current.generation, { madeAt: 0, now: askedAt });
}
