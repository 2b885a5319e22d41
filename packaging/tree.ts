import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { joinPrograms, LICENCES } from './join-programs.ts';
import { billOfMaterials, materials, notices } from './materials.ts';

/** What is as it is in a checkout. */
const AS_IT_IS = [
  ...['bin', 'LICENSE', 'README.md', 'docs/guide', 'setup/lazaretd.service', 'src/guest/tools'],
  ...['dist/pages/player', 'dist/pages/manager'],
  ...['dist/guest-windows/lazaret-tools-64.exe', 'dist/guest-windows/lazaret-tools-32.exe'],
];
/** What was joined of sources and packages, each with its list of packages. */
const JOINED = ['dist/programs', 'dist/pages/player', 'dist/pages/manager'];
/** What of `package.json` is of use where nothing is built or tested. */
const FIELDS = ['name', 'version', 'description', 'license', 'type', 'engines', 'os', 'bin', 'optionalDependencies'];

/**
 * Makes the folder `out` anew: Lazaret as it is installed, each file where a checkout has it, its programs joined. It needs a
 * Node, and no package of others. The same sources give the same files.
 */
export async function makeTree(root: string, out: string): Promise<void> {
  rmSync(out, { recursive: true, force: true });
  await joinPrograms(root, join(out, 'dist', 'programs'));
  for (const path of AS_IT_IS) {
    mkdirSync(dirname(join(out, path)), { recursive: true });
    cpSync(join(root, path), join(out, path), { recursive: true });
  }
  const all: Record<string, unknown> = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  writeJson(join(out, 'package.json'), Object.fromEntries(FIELDS.map((field) => [field, all[field]])));
  const lists = JOINED.map((folder) => join(out, folder, LICENCES));
  const inside = materials(lists);
  for (const list of lists) rmSync(list);
  writeFileSync(join(out, 'NOTICES'), notices(inside));
  writeJson(join(out, 'bill-of-materials.json'), billOfMaterials(`${all['version']}`, inside));
}

function writeJson(path: string, value: unknown): void {
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
}
