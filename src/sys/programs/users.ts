import { readFileSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { AppError, systemCode } from '../../lib/errors.ts';

/** Says that something can be done by root alone. @throws ROOT_NEEDED */
export function requireRoot(what: string): void {
  if (process.getuid?.() !== 0) throw new AppError('ROOT_NEEDED', `${what} needs root`);
}

/** Whether this process is root and the user of that number exists in its user namespace. */
export function hasOwnUsers(uid: number): boolean {
  if (process.getuid?.() !== 0) return false;
  return readFileSync('/proc/self/uid_map', 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .some(([first = 0, , count = 0]) => uid >= first && uid < first + count);
}

/** Whether root here is another user outside: then that user may change whatever root does here. */
export function isOwnUserNamespace(): boolean {
  return !/^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'utf8'));
}

/** The group that owns a file, or undefined when there is no such file. */
export function groupOf(path: string): number | undefined {
  try {
    return statSync(path).gid;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** The number of a group of this computer, or undefined when there is none of that name. */
export async function groupNamed(name: string): Promise<number | undefined> {
  const lines = (await readFile('/etc/group', 'utf8')).split('\n').map((line) => line.split(':'));
  const gid = lines.find(([group]) => group === name)?.[2];
  return gid === undefined ? undefined : Number(gid);
}
