import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readlinkSync } from 'node:fs';

const FOLDER = '/run/netns';
const OURS = /^lazlab-([0-9a-z]+)-(\d+)-/;
let count = 0;

/** A name for one more thing of this process’s; what is made of it can be found again when the process was killed. */
export function newPrefix(): string {
  return `lazlab-${numbering()}-${process.pid}-${++count}`;
}

/** Whether a name was given by a process that has gone. Of one that is numbered elsewhere, as in a container, that cannot be known. */
export function isLeftover(name: string): boolean {
  const [, where, owner] = OURS.exec(name) ?? [];
  return where === numbering() && !existsSync(`/proc/${owner}`);
}

/** Tells the namespace that processes are numbered in from others, whose folder for what is temporary may be ours. */
function numbering(): string {
  return Number(/\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0]).toString(36);
}

export function addNamespace(name: string): void {
  ip('netns', 'add', name);
  inNamespace(name, ['link set lo up']);
}

/** The words before a command that is to run in a namespace. */
export function enter(name: string): string[] {
  return ['nsenter', `--net=${FOLDER}/${name}`];
}

/** Carries out lines of `ip`, in a namespace. */
export function inNamespace(name: string, lines: readonly string[]): void {
  const input = `${lines.join('\n')}\n`;
  execFileSync('ip', ['-n', name, '-batch', '-'], { input, stdio: ['pipe', 'ignore', 'pipe'] });
}

/** Runs `nft` in a namespace and gives what it prints. */
export function nft(name: string, args: readonly string[], input = ''): string {
  const [program = '', ...rest] = [...enter(name), 'nft', ...args];
  return execFileSync(program, rest, { input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] });
}

/** Ends what runs in a namespace and removes it, with the networks of the machines whose uplinks end there. */
export function removeNamespace(name: string): void {
  if (!existsSync(`${FOLDER}/${name}`)) return;
  removeMachines(name);
  for (const pid of ip('netns', 'pids', name).split('\n').filter(Boolean)) kill(Number(pid));
  ip('netns', 'delete', name);
}

/** Ends the machines whose uplinks end in a namespace, and removes their networks. */
export function removeMachines(name: string): void {
  const links = ip('-n', name, '-o', 'link');
  for (const [, machine] of links.matchAll(/ lz-([^@:\s]+)/g)) removeNamespace(`lazaret-${machine}`);
}

/** Removes what runs of the past have left that were killed before they could. */
export function removeLeftovers(): void {
  const names = existsSync(FOLDER) ? readdirSync(FOLDER) : [];
  for (const name of names.filter(isLeftover)) removeNamespace(name);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // It has gone since it was listed.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

function ip(...args: string[]): string {
  return execFileSync('ip', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
