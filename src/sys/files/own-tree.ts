import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The path of one of Lazaret’s own files, given from the folder of its `package.json`. A checkout and an installed Lazaret have
 * the same files at the same places, but for the programs, each of which is one file there.
 */
export function ownPath(...path: string[]): string {
  return join(ROOT, ...path);
}

const ROOT = rootAbove(import.meta.dirname);

function rootAbove(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : rootAbove(dirname(folder));
}
