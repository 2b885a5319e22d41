import { readFileSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { AppError, systemCode } from '../../lib/errors.ts';
import { run } from './exec.ts';

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

/** The number that a user of this process’s user namespace has outside of it. */
export function outsideUser(uid: number): number {
  const lines = readFileSync('/proc/self/uid_map', 'utf8').trim().split('\n');
  for (const line of lines) {
    const [first = 0, outside = 0, count = 0] = line.trim().split(/\s+/).map(Number);
    if (uid >= first && uid < first + count) return outside + uid - first;
  }
  return uid;
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

const ASK_MS = 20_000;

/** The numbers of a user’s groups as this computer knows them, those of a directory too; none where it knows no such user. */
export async function groupsOfUser(uid: number): Promise<number[]> {
  // The plus: a user may be named by digits.
  const { stdout, exitCode } = await run('id', ['-G', `+${uid}`], { allow: [1], timeoutMs: ASK_MS });
  return exitCode === 0 ? stdout.trim().split(' ').map(Number) : [];
}

/**
 * Whether a number is of an account in this computer’s own files, or is one that such an account may take on for what it starts
 * (`/etc/subuid`): then it says of nobody that he is of a directory, whatever that has under this number.
 */
export async function isLocalUser(uid: number): Promise<boolean> {
  const [accounts, ranges] = await Promise.all([linesIfThere('/etc/passwd'), linesIfThere('/etc/subuid')]);
  if (accounts.some(([, , number]) => Number(number) === uid)) return true;
  return ranges.some(([, first, count]) => uid >= Number(first) && uid < Number(first) + Number(count));
}

async function linesIfThere(path: string): Promise<string[][]> {
  try {
    return (await readFile(path, 'utf8')).split('\n').map((line) => line.split(':'));
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/** A user’s number, or undefined where there is none of that name. */
export async function userNamed(name: string): Promise<number | undefined> {
  const { stdout, exitCode } = await run('id', ['-u', '--', name], { allow: [1], timeoutMs: ASK_MS });
  return exitCode === 0 ? Number(stdout.trim()) : undefined;
}

/** The name of a user’s account; where he has none any more, his number. */
export async function nameOfUser(uid: number): Promise<string> {
  const { stdout, exitCode } = await run('id', ['-nu', `+${uid}`], { allow: [1], timeoutMs: ASK_MS });
  return exitCode === 0 ? stdout.trim() : `${uid}`;
}
