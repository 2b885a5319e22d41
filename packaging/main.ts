// npm run dist: makes dist/lazaret, what people install, and the archive of it that `npm install -g` takes.
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { makeTree } from './tree.ts';

const root = dirname(import.meta.dirname);
const tree = join(root, 'dist', 'lazaret');
await makeTree(root, tree);
const [packed] = JSON.parse(
  execFileSync('npm', ['pack', tree, '--json', '--pack-destination', join(root, 'dist')], { encoding: 'utf8' }),
);
console.log(`dist/${packed.filename}: ${packed.files.length} files, ${(packed.size / 1e6).toFixed(1)} MB`);
