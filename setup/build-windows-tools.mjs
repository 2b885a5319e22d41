// node setup/build-windows-tools.mjs [FOLDER]: builds the guest tools for Windows into dist/guest-windows/, where their sources have changed since.
// The same sources and compiler make the same bytes, whenever and wherever they are built.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SetupError, say } from './say.mjs';
import { installSystemPackages } from './system-packages.mjs';

const PACKAGES = ['gcc-mingw-w64-x86-64-win32', 'gcc-mingw-w64-i686-win32', 'nsis'];
const COMPILERS = { 32: 'i686-w64-mingw32-gcc', 64: 'x86_64-w64-mingw32-gcc' };
const FLAGS = [
  ...['-std=c11', '-Os', '-Wall', '-Wextra', '-Werror', '-municode', '-s', '-static'],
  ...['-Wl,--no-insert-timestamp', '-Wl,--dynamicbase,--nxcompat'],
];

/** Builds them, unless those of the present sources are there. @throws SetupError */
export function buildWindowsTools(root, folder = join(root, 'dist', 'guest-windows')) {
  const sources = join(root, 'guest-windows');
  const hash = createHash('sha256').update(readFileSync(fileURLToPath(import.meta.url)));
  for (const name of readdirSync(sources).sort()) hash.update(`${name}\n`).update(readFileSync(join(sources, name)));
  const digest = hash.digest('hex');
  const mark = join(folder, 'sources');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === digest) return;
  installSystemPackages(PACKAGES);
  say('the guest tools for Windows');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const bits of [32, 64]) {
    const tool = join(folder, `vmwareservice-${bits}.exe`);
    run(COMPILERS[bits], [...FLAGS, '-o', tool, 'vmwareservice.c', 'channel.c', '-ladvapi32'], sources);
    const defined = { BITS: bits, TOOL: tool, WORDS: 'words.txt', OUT: join(folder, `lazaret-tools-${bits}.exe`) };
    const defines = Object.entries(defined).map(([name, value]) => `-D${name}=${value}`);
    run('makensis', ['-V1', '-WX', ...defines, 'installer.nsi'], sources);
  }
  writeFileSync(mark, digest);
}

function run(program, args, cwd) {
  const env = { ...process.env, LC_ALL: 'C.UTF-8', SOURCE_DATE_EPOCH: '1700000000' };
  const { error, status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8', env });
  if (error || status !== 0) throw new SetupError(`${program} failed:\n${error?.message ?? ''}${stdout}${stderr}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  buildWindowsTools(root, ...process.argv.slice(2, 3).map((folder) => resolve(folder)));
}
