// node setup/build-pages.mjs: builds the pages into dist/pages/, where their sources have changed since.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeProgram } from './node-program.mjs';
import { say } from './say.mjs';

const PAGES = ['player', 'manager'];
/** Pages are made of these, and of nothing else. */
const SOURCES = ['src/web', 'src/api', 'src/policy', 'src/quarantine', 'src/lib', 'package-lock.json'];

/** Builds the pages, unless they are those of the present sources. */
export function buildPages(root) {
  const digest = digestOf(root);
  const mark = join(root, 'dist', 'pages', 'sources');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === digest) return;
  say('the pages');
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  const config = join(root, 'src', 'web', 'vite.config.ts');
  for (const page of PAGES)
    execFileSync(nodeProgram(root), [vite, 'build', '--config', config, '--mode', page, '--logLevel', 'warn'], {
      cwd: root,
      stdio: ['ignore', 2, 2],
    });
  writeFileSync(mark, digest);
}

function digestOf(root) {
  const hash = createHash('sha256');
  for (const path of SOURCES.flatMap((source) => filesBelow(join(root, source))))
    hash.update(`${path.slice(root.length)}\n`).update(readFileSync(path));
  return hash.digest('hex');
}

function filesBelow(path) {
  if (!statSync(path).isDirectory()) return [path];
  const names = readdirSync(path).sort();
  return names.flatMap((name) => (name.includes('.test.') ? [] : filesBelow(join(path, name))));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) buildPages(dirname(dirname(fileURLToPath(import.meta.url))));
