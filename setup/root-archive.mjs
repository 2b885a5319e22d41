import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import { environment } from './apt.mjs';
import { SetupError, say } from './say.mjs';
import { installSystemPackages } from './system-packages.mjs';

/** Where this computer’s own distribution comes from; a root that is made here is of the same. */
const SOURCES = [
  '/etc/apt/sources.list',
  ...['debian', 'ubuntu'].map((name) => `/etc/apt/sources.list.d/${name}.sources`),
];
const LEFT_OUT = ['doc', 'man', 'info', 'locale', 'i18n', 'zoneinfo'].map((name) => `/usr/share/${name}/*`);

/**
 * Makes a small Debian that has these packages, as one archive, which is there whole or not at all. Others may be made at the same
 * time: each fetches, unpacks and waits for the disk by turns. `leftOut` is not unpacked; `more` is for mmdebstrap.
 */
export async function makeRoot(archive, what, { contents, leftOut = [], more = [] }) {
  say(what);
  const beside = `${archive}.${process.pid}.tar`;
  mkdirSync(dirname(archive), { recursive: true });
  try {
    const left = [...LEFT_OUT, ...leftOut].map((path) => `--dpkgopt=path-exclude=${path}`);
    const sources = SOURCES.filter((path) => existsSync(path));
    const words = ['--quiet', '--variant=minbase', `--include=${contents.join()}`, ...left, ...more];
    const { status, output } = await ended('mmdebstrap', [...words, '', beside, ...sources]);
    if (status !== 0) throw new SetupError(`${what} could not be made:\n${output}`);
    renameSync(beside, archive);
  } finally {
    rmSync(beside, { force: true });
  }
}

/** Installs what makes such an archive, and what makes a disk of it that starts. */
export function installRootPrograms() {
  installSystemPackages(['mmdebstrap', 'fdisk', 'dosfstools', 'mtools', 'syslinux', 'syslinux-common']);
}

async function ended(program, args) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: environment() });
  const said = Promise.all([text(child.stdout), text(child.stderr)]);
  const [status] = await once(child, 'close');
  return { status, output: (await said).join('').trim() };
}
