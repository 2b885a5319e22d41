import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './apt.mjs';
import { LEFT_OUT, sources } from './debian-guest.mjs';
import { SetupError, say } from './say.mjs';
import { installSystemPackages } from './system-packages.mjs';

/** What is not in the smallest Debian there is: an init. */
const CONTENTS = ['systemd-sysv', 'dbus'];

/**
 * Makes the Debian that tests install our packages on, as one archive. It holds nothing that they need, but what apt would
 * fetch for them lies ready: it is installed there without a network.
 */
export function fetchBareDebian(root) {
  const folder = join(root, '.cache', 'bare-debian');
  const needs = readFileSync(join(root, 'packaging', 'debian', 'needs.json'));
  // Another one when they need something else.
  const archive = join(folder, `${createHash('sha256').update(needs).digest('hex')}.tar`);
  if (existsSync(archive)) return;
  rmSync(folder, { recursive: true, force: true });
  installSystemPackages(['mmdebstrap']);
  say('a bare Debian, and what our packages need');
  const beside = `${archive}.${process.pid}.tar`;
  mkdirSync(folder, { recursive: true });
  const needed = JSON.parse(needs);
  const names = [...needed.lazaret, ...needed['lazaret-manager']].map((name) => name.split(' ')[0]);
  const download = `chroot "$1" apt-get install -qq --download-only -y --no-install-recommends ${names.join(' ')}`;
  try {
    const { status, output } = run('mmdebstrap', [
      ...['--quiet', '--variant=minbase', `--include=${CONTENTS.join()}`, '--skip=cleanup/apt'],
      ...LEFT_OUT.map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`),
      `--customize-hook=${download} >/dev/null`,
      ...['', beside, ...sources()],
    ]);
    if (status !== 0) throw new SetupError(`the bare Debian could not be made:\n${output}`);
    renameSync(beside, archive);
  } finally {
    rmSync(beside, { force: true });
  }
}
