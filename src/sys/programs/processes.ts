import { readdirSync, readFileSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemCode } from '../../lib/errors.ts';

/** A process that can be told from a later one with the same number. */
export interface ProcessId {
  pid: number;
  /** Clock ticks from boot to its start, field 22 of /proc/PID/stat. */
  startedAt: number;
}

/** The identity of a running process, or undefined when there is none (or only a zombie). */
export function processOf(pid: number): ProcessId | undefined {
  const fields = statOf(pid);
  return fields && { pid, startedAt: Number(fields[19]) };
}

/** The processes that are in the network namespace which a file stands for; none where there is no such file. */
export function processesInNamespace(file: string): ProcessId[] {
  const wanted = identityOf(file);
  if (wanted === undefined) return [];
  const inside = allPids().filter((pid) => identityOf(`/proc/${pid}/ns/net`) === wanted);
  return inside.map(processOf).filter((process) => process !== undefined);
}

/** Of what has ended meanwhile, or is not ours to look at, nothing. */
function identityOf(file: string): string | undefined {
  try {
    const { dev, ino } = statSync(file, { bigint: true });
    return `${dev}:${ino}`;
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return undefined;
  }
}

export function allPids(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger);
}

/** Whether a process leads a session of its own, as what we start detached does and what that forks does not. */
export function leadsSession({ pid }: ProcessId): boolean {
  return Number(statOf(pid)?.[3]) === pid;
}

/** What /proc/PID/stat says, from the state on. */
function statOf(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields;
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ESRCH') return undefined;
    throw error;
  }
}

export function isRunning(id: ProcessId): boolean {
  return processOf(id.pid)?.startedAt === id.startedAt;
}

/** Asks a process to end, and ends it when it has not gone after `graceMs`. Never touches a later process of that number. */
export async function endProcess(id: ProcessId, graceMs = 2000): Promise<void> {
  signal(id, 'SIGTERM');
  if (await hasGone(id, graceMs)) return;
  signal(id, 'SIGKILL');
  await hasGone(id, 10_000);
}

/** Waits until the process has gone; false when it is still there after `timeoutMs`. */
export async function hasGone(id: ProcessId, timeoutMs: number): Promise<boolean> {
  for (let waited = 0; isRunning(id); waited += 10) {
    if (waited >= timeoutMs) return false;
    await sleep(10);
  }
  return true;
}

/** Tells a process to look again at what it was told. */
export function hangUp(id: ProcessId): void {
  signal(id, 'SIGHUP');
}

function signal(id: ProcessId, name: NodeJS.Signals): void {
  if (!isRunning(id)) return;
  try {
    process.kill(id.pid, name);
  } catch (error) {
    if (systemCode(error) !== 'ESRCH') throw error;
  }
}

/** Ends a process and its group: while bubblewrap begins, what it started does not yet end with it. */
export function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (systemCode(error) !== 'ESRCH') throw error;
  }
}

/** How long the kernel may take to end what it was told to. */
const END_MS = 5000;

/**
 * Waits until nothing of a group runs; false when something still does after `timeoutMs`. Who leads it may have ended, and its pipes be
 * closed, before the others have: bubblewrap's first process, of which the kernel ends all that it started.
 */
export async function groupHasGone(group: number, timeoutMs = END_MS): Promise<boolean> {
  for (let waited = 0; groupRuns(group); waited += 5) {
    if (waited >= timeoutMs) return false;
    await sleep(5);
  }
  return true;
}

function groupRuns(group: number): boolean {
  try {
    process.kill(-group, 0);
  } catch (error) {
    if (systemCode(error) === 'ESRCH') return false;
    if (systemCode(error) !== 'EPERM') throw error;
  }
  // What has ended and was not fetched yet is there too, and may be for long.
  return allPids().some((pid) => Number(statOf(pid)?.[2]) === group);
}
