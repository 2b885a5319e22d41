// node install-once.ts STATE SOURCE FINGERPRINT: says as JSON what installing would meet, and how it ends.
import { foreseeInstall } from '../../src/install/change/foresee.ts';
import { installPackage } from '../../src/install/change/install.ts';
import { failureOf } from '../../src/lib/errors.ts';

const [, , state = '', source = '', fingerprint = ''] = process.argv;
const { signal } = new AbortController();
const options = { state, running: () => new Map(), now: Date.now(), signal, onProgress: () => undefined };
const { problems } = await foreseeInstall({ source, fingerprint }, options);
const ended = await installPackage({ source, fingerprint, replace: true, keepOld: false }, options).then(
  () => 'installed',
  (error: unknown) => failureOf(error).code,
);
process.stdout.write(JSON.stringify({ problems: problems.map(({ code }) => code), ended }));
