import { spawnSync } from 'node:child_process';
import { SetupError } from './say.mjs';

let isUpdated = false;

/** What a program of apt or dpkg knows; of what it does not know it prints nothing. @throws SetupError where there is no such program */
export function ask(program, args) {
  const { error, stdout } = spawnSync(program, args, { encoding: 'utf8', env: environment() });
  if (error) throw new SetupError(`${program} is not here: the set-up knows Debian and Ubuntu only.`);
  return stdout;
}

/** Runs apt-get quietly; what it said is shown when it fails. @throws SetupError */
export function aptGet(args, cwd) {
  const options = ['-qq', '-o', 'Dpkg::Use-Pty=0', '-o', 'APT::Sandbox::User=root'];
  const { status, output } = run('apt-get', [...options, ...args], cwd);
  if (status !== 0) throw new SetupError(`apt-get ${args[0]} failed:\n${output}`);
}

/** Runs a program of apt’s family; gives its status, and all that it said. */
export function run(program, args, cwd) {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', env: environment(), cwd });
  return { status, output: `${stdout}${stderr}`.trim() };
}

/** Fetches the lists of packages, once. @throws SetupError */
export function updateLists() {
  if (isUpdated) return;
  aptGet(['update']);
  isUpdated = true;
}

export function isRoot() {
  return process.getuid() === 0;
}

export function environment() {
  return { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' };
}
