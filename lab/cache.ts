import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const CACHE = join(ROOT, '.cache');
const DAY_MS = 86_400_000;

/** What the set-up has fetched, in the order of its names. */
export function fetched(pattern: string): string[] {
  return globSync(join(CACHE, pattern)).sort();
}

/**
 * A folder of the cache that was made from files of a recipe, below the repository, and from other things named. Made when
 * it is not there, whole or not at all; those of former recipes that nobody has made for a day go.
 */
export function made(
  name: string,
  recipe: readonly string[],
  others: readonly string[],
  make: (folder: string) => void,
): string {
  const hash = createHash('sha256').update(others.join('\n'));
  for (const path of globSync([...recipe], { cwd: ROOT }).sort())
    hash.update(`\n${path}\n`).update(readFileSync(join(ROOT, path)));
  const folder = join(CACHE, name, hash.digest('hex').slice(0, 16));
  if (!existsSync(folder)) {
    removeOld(dirname(folder));
    putInPlace(folder, make);
  }
  return folder;
}

/** Makes a folder beside its place and moves it there whole; another process may be quicker, whose folder is as good. */
export function putInPlace(folder: string, make: (beside: string) => void): void {
  mkdirSync(dirname(folder), { recursive: true });
  const beside = mkdtempSync(`${folder}.`);
  try {
    make(beside);
    chmodSync(beside, 0o755);
    try {
      renameSync(beside, folder);
    } catch (error) {
      if (!existsSync(folder)) throw error;
    }
  } finally {
    rmSync(beside, { recursive: true, force: true });
  }
}

/** Removes what was made by other recipes, and what killed runs have left. */
function removeOld(folder: string): void {
  for (const path of globSync(join(folder, '*')))
    if (Date.now() - statSync(path).mtimeMs > DAY_MS) rmSync(path, { recursive: true, force: true });
}
