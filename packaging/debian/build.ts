import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { managerProgram } from '../../src/cli/manager-program.ts';
import { OF_COMPUTER } from '../../src/cli/own-folders.ts';
import { serviceProgram } from '../../src/cli/service-program.ts';
import { userProgram } from '../../src/cli/user-program.ts';
import { type CommandText, commandText } from '../commands.ts';
import { completions } from '../completions.ts';
import { manPage } from '../man-page.ts';
import { makeTree, PARTS } from '../tree.ts';
import { control, type PackageName } from './control.ts';

/** A Node for one kind of processor, as Debian names it. */
export interface NodeFor {
  processor: string;
  /** The npm package that it comes in. */
  name: string;
  version: string;
  /** Where its `bin/node` and `LICENSE` are. */
  folder: string;
}

interface Places {
  root: string;
  /** A folder to make it in. */
  work: string;
  out: string;
  /** How dpkg-deb packs it. */
  packing?: readonly string[];
}

const FILES = join(import.meta.dirname, 'files');
/** Named for what stands in it: AppStream wants a domain’s name backwards, here of the maintainer’s. */
const METAINFO = 'example.lazaret.lazaret.metainfo.xml';
/** Where a program is called from, and in which section its page stands. */
const PROGRAMS = {
  lazaret: { folder: 'bin', section: 1, text: async () => commandText(await userProgram([], OF_COMPUTER)) },
  lazaretd: { folder: 'sbin', section: 8, text: async () => commandText(serviceProgram()) },
  'lazaret-manager': { folder: 'bin', section: 1, text: async () => commandText(await managerProgram([])) },
} as const;

/**
 * Makes a Debian package of a part of Lazaret in the folder `out`, with a Node of its own; gives its path. The same sources and
 * the same Node give the same bytes.
 */
export async function makeDebianPackage(
  name: PackageName,
  node: NodeFor,
  { root, work, out, packing = ['-Zxz', '-z0'] }: Places,
): Promise<string> {
  const { version, date } = lastChange();
  const own = join('usr', 'lib', name);
  rmSync(work, { recursive: true, force: true });
  const licence = readFileSync(join(node.folder, 'LICENSE'), 'utf8');
  const brought = { name: node.name, version: node.version, identifier: 'MIT', text: licence };
  await makeTree(root, join(work, own), PARTS[name], [brought]);
  copyFileSync(join(node.folder, 'bin', 'node'), join(work, own, 'bin', 'node'));
  for (const program of PARTS[name].programs)
    await addProgram(work, own, program as keyof typeof PROGRAMS, { version, date });
  const documents = join('usr', 'share', 'doc', name);
  addText(work, join(documents, 'copyright'), ownFile('copyright', name));
  addPacked(work, join(documents, 'changelog.gz'), readFileSync(join(import.meta.dirname, 'changelog'), 'utf8'));
  addText(work, join('usr', 'share', 'lintian', 'overrides', name), ownFile('lintian-overrides', name));
  addText(work, join(own, 'node.LICENSE'), licence);
  if (name === 'lazaret') {
    addService(root, work);
    const about = ownFile(METAINFO).replace('@VERSION@', version).replace('@DATE@', day(date));
    addText(work, join('usr', 'share', 'metainfo', METAINFO), about);
  }
  const kib = Math.ceil(settle(work, date) / 1024);
  addText(work, join('DEBIAN', 'control'), control(name, version, node.processor, kib));
  settle(work, date);
  mkdirSync(out, { recursive: true });
  const to = join(out, `${name}_${version}_${node.processor}.deb`);
  // Of one thread: how many there are must not be seen in what is made. Half the time of the next level.
  const packed = ['--root-owner-group', '--uniform-compression', '--threads-max=1', ...packing, '--build', work, to];
  execFileSync('dpkg-deb', packed, { env: { ...process.env, SOURCE_DATE_EPOCH: `${date.getTime() / 1000}` } });
  rmSync(work, { recursive: true });
  return to;
}

/** The unit, and what the service needs of the computer it is installed on. */
function addService(root: string, work: string): void {
  const unit = readFileSync(join(root, 'setup', 'lazaretd.service'), 'utf8');
  const lines = unit.replace(/^#.*\n/, '').replaceAll('/opt/lazaret/bin/', '/usr/sbin/');
  addText(work, 'usr/lib/systemd/system/lazaretd.service', lines);
  addText(work, 'usr/lib/sysusers.d/lazaret.conf', ownFile('lazaret.sysusers'));
  addText(work, 'usr/lib/tmpfiles.d/lazaret.conf', ownFile('lazaret.tmpfiles'));
  addText(work, 'usr/lib/NetworkManager/conf.d/90-lazaret.conf', ownFile('lazaret.networkmanager'));
  addText(work, 'usr/share/applications/lazaret.desktop', ownFile('lazaret.desktop'));
  for (const script of ['postinst', 'prerm', 'postrm']) {
    addText(work, join('DEBIAN', script), ownFile(`lazaret.${script}`));
    chmodSync(join(work, 'DEBIAN', script), 0o755);
  }
}

/** A program by its name, its manual page, and what shells complete of it. */
async function addProgram(
  work: string,
  own: string,
  name: keyof typeof PROGRAMS,
  { version, date }: { version: string; date: Date },
): Promise<void> {
  const { folder, section, text } = PROGRAMS[name];
  const link = join(work, 'usr', folder, name);
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(join('..', 'lib', basename(own), 'bin', name), link);
  const help: CommandText = await text();
  const seeAlso = Object.entries(PROGRAMS).flatMap(([other, { section }]) =>
    other === name ? [] : `${other}(${section})`,
  );
  const page = manPage(help, { section, release: version, date: day(date), seeAlso });
  addPacked(work, `usr/share/man/man${section}/${name}.${section}.gz`, page);
  for (const { path, text } of completions(help)) addText(work, path, text);
}

function ownFile(file: string, name = ''): string {
  return readFileSync(join(FILES, file), 'utf8').replaceAll('@NAME@', name);
}

function addText(work: string, path: string, text: string | Uint8Array): void {
  mkdirSync(dirname(join(work, path)), { recursive: true });
  writeFileSync(join(work, path), text);
}

function addPacked(work: string, path: string, text: string): void {
  addText(work, path, gzipSync(text, { level: 9 }));
}

/** What `changelog` says last. */
function lastChange(): { version: string; date: Date } {
  const text = readFileSync(join(import.meta.dirname, 'changelog'), 'utf8');
  const found = /^lazaret \((?<version>[^)]+)\)[\s\S]*?\n -- [^\n]*> {2}(?<date>[^\n]+)\n/.exec(text)?.groups;
  if (!found?.['version'] || !found['date']) throw new Error('packaging/debian/changelog cannot be read');
  return { version: found['version'], date: new Date(found['date']) };
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}

/** Gives all of a folder the same time and the modes of what is installed, whoever’s umask made it; gives the bytes that it holds. */
function settle(folder: string, date: Date): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const isRun = !entry.isFile() || (statSync(path).mode & 0o100) !== 0;
    if (!entry.isSymbolicLink()) chmodSync(path, isRun ? 0o755 : 0o644);
    if (entry.isFile()) bytes += statSync(path).size;
    lutimesSync(path, date, date);
  }
  chmodSync(folder, 0o755);
  lutimesSync(folder, date, date);
  return bytes;
}
