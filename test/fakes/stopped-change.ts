// node stopped-change.ts STATE STEP install SOURCE FINGERPRINT [CONSENT [SECRET]] | rollback VM | reimage VM | snapshot VM NAME | revert VM NAME | merge VM NAME [KEY] | flatten VM | open VM SECRETS | uninstall VM | forget, or
// node stopped-change.ts PROJECT STEP build NAME OUT [PASSPHRASE] | own-snapshot VM NAME | own-revert VM NAME | own-remove VM NAME: makes a change of what lies in a folder and dies of SIGKILL after that
// step; with the step “-” it goes on to the end and prints the steps, one a line.

import { forgetProject } from '../../src/install/change/back/forget.ts';
import { reimage } from '../../src/install/change/back/reimage.ts';
import { rollBack } from '../../src/install/change/back/rollback.ts';
import { uninstall } from '../../src/install/change/back/uninstall.ts';
import { flatten } from '../../src/install/change/generation/flatten.ts';
import { installPackage } from '../../src/install/change/install.ts';
import { openByPassword } from '../../src/install/opening/password.ts';
import { writeDisks } from '../../src/install/opening/write-disks.ts';
import { removeSnapshot, revertTo, takeSnapshot } from '../../src/install/snapshots/snapshot.ts';
import { mergeRemoved } from '../../src/install/snapshots/snapshot-settle.ts';
import { openInstance } from '../../src/install/state/instances.ts';
import {
  removeSnapshot as removeOwn,
  revertSnapshot as revertOwn,
  takeSnapshot as takeOwn,
} from '../../src/manager/machines/snapshots.ts';
import { buildPackage } from '../../src/package/build/build.ts';
import { keyPath } from '../../src/project/layout.ts';
import { openProject } from '../../src/project/open.ts';
import { openKeyFile } from '../../src/trust/sign/keys.ts';
import { PASSPHRASE } from './made-project.ts';

const YEAR_MS = 365 * 86_400_000;
/** A fetch may be stopped each time that so many bytes more are there. */
const FETCH_STEP_BYTES = 4 << 20;

const [, , folder = '', stopAfter = '', change = '', what = '', more = '', consentTo, secret] = process.argv;

function steps(step: string): void {
  if (stopAfter === '-') process.stdout.write(`${step}\n`);
  if (step === stopAfter) process.kill(process.pid, 'SIGKILL');
}

let fetched = 0;
function onProgress({ step, doneBytes }: { step: string; doneBytes: number }): void {
  if (step !== 'fetch') return;
  for (; fetched + FETCH_STEP_BYTES <= doneBytes; fetched += FETCH_STEP_BYTES)
    steps(`fetched ${fetched + FETCH_STEP_BYTES} bytes`);
}

const { signal } = new AbortController();
switch (change) {
  case 'rollback':
    await rollBack(folder, what, steps);
    break;
  case 'reimage':
    await reimage(folder, what, { dataDisk: false, steps });
    break;
  case 'snapshot':
    await takeSnapshot(folder, what, { name: more, now: 0, steps });
    break;
  case 'revert':
    await revertTo(folder, what, more, steps);
    break;
  case 'merge':
    await removeSnapshot(folder, what, more);
    await mergeRemoved(folder, what, { steps, ...(consentTo === undefined ? {} : { diskKey: consentTo }) });
    break;
  case 'own-snapshot':
    await takeOwn(folder, what, { name: more }, { steps });
    break;
  case 'own-revert':
    await revertOwn(folder, what, more, undefined, { steps });
    break;
  case 'own-remove':
    await removeOwn(folder, what, more, undefined, { steps });
    break;
  case 'uninstall':
    await uninstall(folder, what, steps);
    break;
  case 'forget':
    await forgetProject(folder, steps);
    break;
  case 'open': {
    const { password, newPassword } = JSON.parse(more);
    const opened = await openByPassword(folder, what, { ...(password ? { password } : {}), newPassword }, Date.now());
    steps('opened');
    await writeDisks(await openInstance(folder, what), opened, {
      steps: async (step) => steps(step.replace(folder, '')),
    });
    break;
  }
  case 'flatten':
    await flatten(await openInstance(folder, what), signal, steps);
    break;
  case 'build': {
    const key = await openKeyFile(keyPath(folder, 'release'), PASSPHRASE);
    const request = { name: what, kind: 'full', vms: [], out: more, mode: 'fast' } as const;
    const encryptTo = consentTo === undefined ? {} : { encryptTo: { passphrase: consentTo } };
    await buildPackage(await openProject(folder), {
      ...request,
      ...encryptTo,
      key,
      now: Date.now(),
      validForMs: YEAR_MS,
      steps,
    });
    break;
  }
  default: {
    const request = {
      source: what,
      fingerprint: more,
      replace: true,
      keepOld: true,
      ...(consentTo ? { consentTo } : {}),
      ...(secret ? { secret } : {}),
    };
    const options = { state: folder, running: () => new Map(), now: Date.now(), signal, onProgress, steps };
    await installPackage(request, options);
  }
}
