import { join } from 'node:path';
import { AppError } from '../lib/errors.ts';
import { copyFileTo, isThere, moveFile, removeFile, writeFileAtomic } from '../sys/files/files.ts';
import { makeFolder, removeFolder } from '../sys/files/folders.ts';
import { ownPath } from '../sys/files/own-tree.ts';
import { temporaryBeside } from '../sys/files/temporary.ts';
import { run } from '../sys/programs/exec.ts';

export const MAX_TOOL_BYTES = 1 << 20;
const WRITE_MS = 60_000;

/** The files that go into a Linux guest; `install.sh` puts the others in place. */
export const GUEST_TOOLS = ['install.sh', 'vmware-guestd'].map((name) => ({
  name,
  path: ownPath('src', 'guest', 'tools', name),
}));

/** The installers for Windows, as `setup/build-windows-tools.mjs` builds them. */
const WINDOWS_TOOLS = ['lazaret-tools-64.exe', 'lazaret-tools-32.exe'].map((name) => ({
  name,
  path: ownPath('dist', 'guest-windows', name),
}));

const DEB_FOLDER = '/usr/share/lazaret-guest';
const DEB_CONTROL = [
  ...['Package: lazaret-guest', 'Version: 1', 'Architecture: all', 'Section: admin', 'Priority: optional'],
  'Maintainer: Lazaret <lazaret@localhost>',
  'Description: Lazaret guest tools',
  ' Report the version of this machine to its host (nq-set), that it is up, and keep its clock.',
  '',
].join('\n');

const README = [
  'Lazaret guest tools',
  '',
  'Windows: run lazaret-tools-64.exe, or lazaret-tools-32.exe where Windows is a 32-bit one. /S asks nothing.',
  'Linux:   sh install.sh   as root, from this CD.',
  '',
].join('\r\n');

/** Writes them into a folder, which is made where it is not there; gives their names. @throws FILE_DENIED, DISK_FULL */
export async function writeGuestTools(folder: string): Promise<string[]> {
  return writeTools(folder, GUEST_TOOLS);
}

/** What the tools can be made into, beside a folder. */
export const TOOL_FORMATS = ['iso', 'tar', 'deb'] as const;
type ToolFormat = (typeof TOOL_FORMATS)[number];

/**
 * Writes one file: the image of a CD with the tools for Windows and for Linux, as a machine’s drive takes it; or the tools for
 * Linux in an archive, or as a package of Debian’s. Nothing is there when it fails.
 * @throws FILE_MISSING where the tools for Windows were not built, FILE_EXISTS, PROGRAM_MISSING, PROGRAM_FAILED, DISK_FULL
 */
export async function writeGuestToolsFile(to: string, format: ToolFormat): Promise<void> {
  if (await isThere(to)) throw new AppError('FILE_EXISTS', `${to} exists already`);
  const [folder, beside] = [temporaryBeside(to), temporaryBeside(to)];
  try {
    const [program, args] = await FORMATS[format](folder, beside);
    await run(program, args, { timeoutMs: WRITE_MS });
    await moveFile(beside, to);
  } finally {
    await removeFolder(folder);
    await removeFile(beside);
  }
}

/** Fills a folder; gives the command that makes a file of it. */
const FORMATS: Record<ToolFormat, (folder: string, to: string) => Promise<[program: string, args: string[]]>> = {
  iso: async (folder, to) => {
    await requireBuilt();
    await writeTools(folder, [...WINDOWS_TOOLS, ...GUEST_TOOLS]);
    await writeFileAtomic(join(folder, 'README.txt'), README);
    const how = ['-quiet', '-rational-rock', '-joliet', '-volid', 'LAZARET_TOOLS'];
    return ['xorriso', ['-as', 'mkisofs', ...how, '-o', to, folder]];
  },
  tar: async (folder, to) => {
    await writeTools(join(folder, 'lazaret-guest'), GUEST_TOOLS);
    return ['tar', ['--create', '--owner=0', '--group=0', '-f', to, '-C', folder, 'lazaret-guest']];
  },
  deb: async (folder, to) => {
    await writeTools(join(folder, DEB_FOLDER), GUEST_TOOLS);
    await makeFolder(join(folder, 'DEBIAN'));
    await writeFileAtomic(join(folder, 'DEBIAN', 'control'), DEB_CONTROL);
    const script = (word: string) => `#!/bin/sh\nset -e\nsh ${DEB_FOLDER}/install.sh${word} >/dev/null\n`;
    await writeFileAtomic(join(folder, 'DEBIAN', 'postinst'), script(''), 0o755);
    await writeFileAtomic(join(folder, 'DEBIAN', 'prerm'), script(' --remove'), 0o755);
    return ['dpkg-deb', ['--root-owner-group', '--build', folder, to]];
  },
};

async function requireBuilt(): Promise<void> {
  for (const { path } of WINDOWS_TOOLS)
    if (!(await isThere(path)))
      throw new AppError('FILE_MISSING', `${path} is not there: node setup/build-windows-tools.mjs makes it`);
}

async function writeTools(folder: string, tools: typeof GUEST_TOOLS): Promise<string[]> {
  await makeFolder(folder);
  for (const { name, path } of tools) await copyFileTo(path, join(folder, name), MAX_TOOL_BYTES);
  return tools.map(({ name }) => name);
}
