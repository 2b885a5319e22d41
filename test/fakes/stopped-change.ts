// node stopped-change.ts STATE STEP install SOURCE FINGERPRINT | STATE STEP rollback VM: makes a change of a computer’s state
// and dies of SIGKILL after that step; with the step “-” it goes on to the end and prints the steps, one a line.
import { installPackage } from '../../src/install/install.ts';
import { rollBack } from '../../src/install/rollback.ts';

const [, , state = '', stopAfter = '', change = '', what = '', fingerprint = ''] = process.argv;

function steps(step: string): void {
  if (stopAfter === '-') process.stdout.write(`${step}\n`);
  if (step === stopAfter) process.kill(process.pid, 'SIGKILL');
}

if (change === 'rollback') await rollBack(state, what, steps);
else {
  const { signal } = new AbortController();
  const request = { source: what, fingerprint, replace: true, keepOld: true };
  const options = { state, running: new Map(), now: Date.now(), signal, onProgress: () => undefined, steps };
  await installPackage(request, options);
}
