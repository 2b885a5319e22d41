import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { installRootPrograms, makeRoot } from './root-archive.mjs';

/** What is not in the smallest Debian there is: an init. */
const CONTENTS = ['systemd-sysv', 'dbus'];

/**
 * Makes the Debian that tests install our packages on, as one archive. It holds nothing that they need, but what apt would
 * fetch for them lies ready: it is installed there without a network.
 */
export async function fetchBareDebian(root) {
  const folder = join(root, '.cache', 'bare-debian');
  const needs = readFileSync(join(root, 'packaging', 'debian', 'needs.json'));
  // Another one when they need something else.
  const archive = join(folder, `${createHash('sha256').update(needs).digest('hex')}.tar`);
  if (existsSync(archive)) return;
  rmSync(folder, { recursive: true, force: true });
  installRootPrograms();
  const needed = JSON.parse(needs);
  const names = [...needed.lazaret, ...needed['lazaret-manager']].map((name) => name.split(' ')[0]);
  const download = `chroot "$1" apt-get install -qq --download-only -y --no-install-recommends ${names.join(' ')}`;
  await makeRoot(archive, 'a bare Debian, and what our packages need', {
    contents: CONTENTS,
    more: ['--skip=cleanup/apt', `--customize-hook=${download} >/dev/null`],
  });
}
