import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { joinPrograms, LICENCES } from './join-programs.ts';
import { billOfMaterials, type Material, materials, notices } from './materials.ts';

/** A part of Lazaret that is installed by itself, or all of it. */
interface Part {
  programs: readonly string[];
  pages: readonly string[];
  /** What is as it is in a checkout, beside what all have. */
  asItIs: readonly string[];
}

const OF_ALL = ['LICENSE', 'README.md'];
const SERVICE: Part = {
  programs: ['lazaret', 'lazaretd'],
  pages: ['player'],
  asItIs: ['docs/guide/user.md', 'setup/lazaretd.service'],
};
const MANAGER: Part = {
  programs: ['lazaret-manager'],
  pages: ['manager'],
  asItIs: [
    ...['docs/guide/administrator.md', 'src/guest/tools', 'src/package/installer/install.sh'],
    ...['dist/guest-windows/lazaret-tools-64.exe', 'dist/guest-windows/lazaret-tools-32.exe'],
  ],
};
/** By the names of the packages that hold one of them each. */
export const PARTS = { lazaret: SERVICE, 'lazaret-manager': MANAGER };
const ALL: Part = {
  programs: [...SERVICE.programs, ...MANAGER.programs],
  pages: [...SERVICE.pages, ...MANAGER.pages],
  asItIs: [...SERVICE.asItIs, ...MANAGER.asItIs],
};
/** What of `package.json` is of use where nothing is built or tested. */
const FIELDS = ['name', 'version', 'description', 'license', 'type', 'engines', 'os', 'optionalDependencies'];

/**
 * Makes the folder `out` anew: Lazaret, or a part of it, as it is installed, each file where a checkout has it, its programs
 * joined. It needs a Node, and no package of others: where `brought` is beside it, it is named among what is inside. The same
 * sources give the same files.
 */
export async function makeTree(
  root: string,
  out: string,
  part = ALL,
  brought: readonly Material[] = [],
): Promise<void> {
  rmSync(out, { recursive: true, force: true });
  const sources = part.programs.map((name) => `src/cli/${name}.ts`);
  await joinPrograms(root, join(out, 'dist', 'programs'), sources);
  const pages = part.pages.map((page) => `dist/pages/${page}`);
  for (const path of [...OF_ALL, ...part.programs.map((name) => `bin/${name}`), ...pages, ...part.asItIs]) {
    mkdirSync(dirname(join(out, path)), { recursive: true });
    cpSync(join(root, path), join(out, path), { recursive: true });
  }
  const all: Record<string, unknown> = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const bin = Object.fromEntries(part.programs.map((name) => [name, `bin/${name}`]));
  writeJson(join(out, 'package.json'), { ...Object.fromEntries(FIELDS.map((field) => [field, all[field]])), bin });
  // What was joined of sources and packages, each with its list of packages.
  const lists = ['dist/programs', ...pages].map((folder) => join(out, folder, LICENCES));
  const inside = [...materials(lists), ...brought];
  for (const list of lists) rmSync(list);
  writeFileSync(join(out, 'NOTICES'), notices(inside));
  writeJson(join(out, 'bill-of-materials.json'), billOfMaterials(`${all['version']}`, inside));
}

function writeJson(path: string, value: unknown): void {
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
}
