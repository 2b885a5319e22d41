// node bench/install/once.ts STATE install|plan|rollback SOURCE FINGERPRINT [SECRET]: does it once, and says in JSON what it took.

import { rollBack } from '../../src/install/change/back/rollback.ts';
import { foreseeInstall } from '../../src/install/change/foresee.ts';
import { installPackage } from '../../src/install/change/install.ts';

const [, , state = '', what = '', source = '', fingerprint = '', secret] = process.argv;
const options = {
  ...{ state, running: () => new Map<string, number>(), now: Date.now() },
  ...{ signal: new AbortController().signal, onProgress: () => undefined },
};
const given = { source, fingerprint, ...(secret === undefined ? {} : { secret }) };
const began = performance.now();
if (what === 'install') await installPackage({ ...given, replace: true, keepOld: true }, options);
else if (what === 'plan') await foreseeInstall(given, options);
else await rollBack(state, source);
const milliseconds = performance.now() - began;
console.log(JSON.stringify({ milliseconds, peakBytes: process.resourceUsage().maxRSS * 1024 }));
