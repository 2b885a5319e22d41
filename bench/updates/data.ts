import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** One update: raw images for the peers, the overlay that holds the change for us. */
export interface Update {
  from: string;
  to: string;
  /** Names of the overlays below `work`, bottom first, from the full disk on. */
  below: readonly string[];
  work: string;
}

export interface Data {
  folder: string;
  updates: readonly Update[];
}

/** The data set of docs/performance.md: made once, with root and a network. */
export function fullData(folder: string): Data {
  mkdirSync(folder, { recursive: true });
  if (!existsSync(join(folder, 'complete'))) {
    execFileSync('sh', [join(import.meta.dirname, 'full-data.sh'), folder], { stdio: ['ignore', 'ignore', 'inherit'] });
  }
  return {
    folder,
    updates: [
      { from: 'v1', to: 'v2', below: ['v1'], work: 'work2' },
      { from: 'v1', to: 'v2t', below: ['v1'], work: 'work2t' },
      { from: 'v2', to: 'v3', below: ['v1', 'work2'], work: 'work3' },
      { from: 'v4', to: 'v5', below: ['v1', 'work2', 'work3', 'work4'], work: 'work5' },
    ],
  };
}

const SMALL_TREE = 96 << 20;
const SIZE = '512M';

/** A file system of what this machine has below /usr, and the same with a tenth of its files changed: no root, no network. */
export function smallData(folder: string): Data {
  if (!existsSync(join(folder, 'complete'))) makeSmallData(folder);
  return { folder, updates: [{ from: 'v1', to: 'v2', below: ['v1'], work: 'work2' }] };
}

function makeSmallData(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  const tree = join(folder, 'tree');
  mkdirSync(tree, { recursive: true });
  const names = copySome('/usr/lib', tree);
  const run = (program: string, ...args: string[]) =>
    execFileSync(program, args, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  run('truncate', '-s', SIZE, 'v1.raw');
  run('mke2fs', '-q', '-F', '-t', 'ext4', '-d', 'tree', 'v1.raw');
  cpSync(join(folder, 'v1.raw'), join(folder, 'v2.raw'));
  changeFiles(folder, names);
  run('qemu-img', 'convert', '-O', 'qcow2', 'v1.raw', 'v1.qcow2');
  // A rebase writes to the overlay the clusters in which the two disks differ, as a guest would have left them.
  run('qemu-img', 'create', '-q', '-f', 'qcow2', '-b', 'v2.raw', '-F', 'raw', 'work2.qcow2');
  run('qemu-img', 'rebase', '-f', 'qcow2', '-b', 'v1.qcow2', '-F', 'qcow2', 'work2.qcow2');
  rmSync(tree, { recursive: true });
  writeFileSync(join(folder, 'complete'), '');
}

/** Copies ordinary files below a folder, in the order of their names, until there are enough of them. */
function copySome(from: string, to: string): string[] {
  const names: string[] = [];
  let bytes = 0;
  for (const path of filesBelow(from)) {
    const { size } = statSync(path);
    if (size > 8 << 20 || size === 0) continue;
    const name = `${names.length}.${basename(path).replaceAll(/[^\w.-]/g, '_')}`;
    cpSync(path, join(to, name));
    names.push(name);
    bytes += size;
    if (bytes > SMALL_TREE) break;
  }
  return names;
}

function* filesBelow(folder: string): Generator<string> {
  const entries = readdirSync(folder, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (entry.isFile()) yield path;
  }
}

/** Rewrites every tenth file with some of its bytes changed, as an upgrade does: removed, then written anew. */
function changeFiles(folder: string, names: readonly string[]): void {
  const changed = join(folder, 'changed');
  mkdirSync(changed);
  const commands = names
    .filter((_, at) => at % 10 === 0)
    .flatMap((name) => {
      const bytes = readFileSync(join(folder, 'tree', name));
      for (let at = 0; at < bytes.length; at += 5000) bytes[at] = (bytes[at] ?? 0) ^ 0x55;
      writeFileSync(join(changed, name), Buffer.concat([Buffer.from('a new beginning\n'), bytes]));
      return [`rm ${name}`, `write changed/${name} ${name}`];
    });
  execFileSync('debugfs', ['-w', '-f', '-', 'v2.raw'], {
    cwd: folder,
    input: `${commands.join('\n')}\n`,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  rmSync(changed, { recursive: true });
}
