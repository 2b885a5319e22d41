import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { SetupError } from './say.mjs';

/** A Node that runs TypeScript as it is: this one, or the one that npm has put into node_modules. @throws SetupError */
export function nodeProgram(root, version = process.version) {
  if (isNewEnough(version)) return process.execPath;
  const installed = join(root, 'node_modules', '.bin', 'node');
  const { stdout, stderr } = spawnSync(installed, ['--version'], { encoding: 'utf8' });
  if (stdout && isNewEnough(stdout)) return installed;
  if (stderr?.includes('libatomic'))
    throw new SetupError(
      `the Node that npm has brought does not start: ${stderr.trim()}: install the package libatomic1`,
    );
  throw new SetupError(`Node 24.15 or 26 is needed; this is ${version}, and npm could bring no other one.`);
}

/** The same range as `engines` in package.json: ^24.15 || >=26. */
function isNewEnough(version) {
  const [major = 0, minor = 0] = version.trim().slice(1).split('.').map(Number);
  return major >= 26 || (major === 24 && minor >= 15);
}
