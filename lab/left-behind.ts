import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** What was told to end may take a moment. */
const PATIENCE_MS = 15_000;
const LOOK_EVERY_MS = 100;
/** Set by the set-up where processes, links, namespaces and mounts of nobody else are to be seen. */
export const isAlone = process.env['LAZARET_OWN_NAMESPACES'] === '1';

interface Mount {
  id: string;
  parent: string;
  root: string;
  at: string;
}

/** What there is on the computer that a run could leave behind, a line each. */
export function computerLines(): string[] {
  if (!isAlone) return [];
  const names = existsSync('/run/netns') ? readdirSync('/run/netns') : [];
  return [
    ...processLines(),
    ...said('ip', '-oneline', 'link').map((line) => `link ${line}`),
    ...said('nft', 'list', 'ruleset').map((line) => `rule ${line}`),
    ...names.map((name) => `network namespace ${name}`),
    ...mountLines(),
  ];
}

/**
 * How the computer differs from what it was, once what ends has had the time to. Nothing where others use the same
 * namespaces, who may do as they like meanwhile.
 */
export async function leftBehind(before: readonly string[], patienceMs = PATIENCE_MS): Promise<string[]> {
  if (!isAlone) return [];
  for (let waited = 0; ; waited += LOOK_EVERY_MS) {
    const found = difference(before, computerLines());
    if (found.length === 0 || waited > patienceMs) return found;
    await sleep(LOOK_EVERY_MS);
  }
}

/** What is there that was not, and what is gone; a process that has ended is no difference. */
function difference(before: readonly string[], after: readonly string[]): string[] {
  const more = after.filter((line) => !before.includes(line)).map((line) => `left behind: ${line}`);
  const gone = before.filter((line) => !after.includes(line) && !line.startsWith('process '));
  return [...more, ...gone.map((line) => `gone: ${line}`)];
}

/** The processes that see our mounts, which are our descendants, whoever their parent is now; but not ourselves. */
function processLines(): string[] {
  const own = mountsOf('self');
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && name !== `${process.pid}` && mountsOf(name) === own)
    .map((pid) => `process ${pid} ${commandOf(pid)}`)
    .filter((line) => !line.endsWith(' '));
}

function mountsOf(pid: string): string | undefined {
  return ifThere(() => readlinkSync(`/proc/${pid}/ns/mnt`));
}

/** Empty for one that has ended and was not collected. */
function commandOf(pid: string): string {
  return (ifThere(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8')) ?? '').replaceAll('\0', ' ').trim();
}

/**
 * The mounts that are to be seen. What another covers was there before us, and goes when its file is removed in the
 * namespace that made it: the kernel takes it away from all of them.
 */
function mountLines(): string[] {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n').filter(Boolean).map(mountOf);
  const isCovered = (mount: Mount): boolean =>
    mounts.some(({ parent, at }) => parent === mount.parent && mount.at.startsWith(`${at}/`)) ||
    mounts.some((under) => under.id === mount.parent && isCovered(under));
  return mounts.filter((mount) => !isCovered(mount)).map(({ root, at }) => `mount ${root} on ${at}`);
}

function mountOf(line: string): Mount {
  const [id = '', parent = '', , root = '', at = ''] = line.split(' ');
  return { id, parent, root, at };
}

function said(program: string, ...args: string[]): string[] {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
    .split('\n')
    .filter(Boolean);
}

/** What /proc says of a process, or undefined when it has gone or is not ours to see. */
function ifThere(read: () => string): string | undefined {
  try {
    return read();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (!['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(code)) throw error;
    return undefined;
  }
}
