// npm run dist: makes dist/lazaret, what people install, the archive of it that `npm install -g` takes, and Debian packages.
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeDebianPackage } from './debian/build.ts';
import { fetchedNodes } from './debian/nodes.ts';
import { makeTree } from './tree.ts';

const root = dirname(import.meta.dirname);
const out = join(root, 'dist');
const tree = join(out, 'lazaret');
await makeTree(root, tree);
const [packed] = JSON.parse(
  execFileSync('npm', ['pack', tree, '--json', '--pack-destination', out], { encoding: 'utf8' }),
);
console.log(`dist/${packed.filename}: ${packed.files.length} files, ${(packed.size / 1e6).toFixed(1)} MB`);
for (const node of fetchedNodes(root))
  for (const name of ['lazaret', 'lazaret-manager'] as const) {
    const made = await makeDebianPackage(name, node, { root, work: join(out, 'debian'), out });
    console.log(`${made.slice(root.length + 1)}: ${(statSync(made).size / 1e6).toFixed(1)} MB`);
  }
