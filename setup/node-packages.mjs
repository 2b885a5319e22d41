import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError, say } from './say.mjs';

/** Installs the npm packages of package-lock.json, unless they are there already. None of their scripts is run. */
export function installNodePackages(root) {
  if (isInstalled(root)) return;
  say('npm packages');
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status, error } = spawnSync('npm', args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (error) throw new SetupError('npm is not installed: install Node.js with npm.');
  if (status !== 0) throw new SetupError('npm ci failed; its own words are above.');
}

/** npm writes down what it has put into node_modules; an optional package may be absent, for it may fit another processor. */
function isInstalled(root) {
  const wanted = packagesIn(join(root, 'package-lock.json'));
  const found = packagesIn(join(root, 'node_modules', '.package-lock.json'));
  if (!wanted || !found) return false;
  const hasAll = Object.entries(wanted).every(([path, { integrity, optional }]) =>
    path in found ? found[path].integrity === integrity : path === '' || optional,
  );
  return hasAll && Object.keys(found).every((path) => path in wanted);
}

function packagesIn(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages;
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}
