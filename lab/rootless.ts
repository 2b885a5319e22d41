import type { ChildProcess } from 'node:child_process';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LabNetwork } from './network.ts';

const ROOT = join(import.meta.dirname, '..');
const PATIENCE_MS = 60_000;
/** An ordinary user, for whom the computer has set 65,536 users aside. */
const UID = 12_345;

/**
 * What only root can make in a computer that users may run machines on: a /dev/net/tun for everybody, an account, and
 * users set aside for it; in a mount namespace, so that nobody else sees it. Then the words behind it as that user.
 */
const AS_USER = `set -e
cd "$1"; shift
[ -e tun ] || mknod tun c 10 200; chmod 666 tun; mount --bind tun /dev/net/tun
mount --bind passwd /etc/passwd; mount --bind subid /etc/subuid; mount --bind subid /etc/subgid
mount --bind "$1" repository; shift
exec setpriv --reuid ${UID} --regid ${UID} --clear-groups env -i HOME="$PWD/home" PATH="$PATH" LAZARET_LOG=error "$@"`;

/** The service as an ordinary user runs it, on the same computer and over the same folders as the lab’s. */
export async function startRootless(
  network: LabNetwork,
  folder: string,
  socket: string,
  more: readonly string[],
): Promise<ChildProcess> {
  makeUser(folder);
  for (const name of ['state', 'run']) execFileSync('chown', ['-R', `${UID}:${UID}`, join(folder, name)]);
  const child = spawnAsUser(network, folder, socket, more);
  for (const began = performance.now(); !existsSync(socket); await sleep(50)) {
    if (child.exitCode !== null) throw new Error(`lazaretd --rootless ended with ${child.exitCode}`);
    if (performance.now() - began > PATIENCE_MS) throw new Error('lazaretd --rootless does not listen');
  }
  return child;
}

/** Gives the user what he needs in a folder, which becomes his. */
export function makeUser(folder: string): void {
  const own = join(folder, 'user');
  for (const name of ['home', 'repository']) mkdirSync(join(own, name), { recursive: true });
  writeFileSync(join(own, 'passwd'), `root:x:0:0::/root:/bin/sh\nuser:x:${UID}:${UID}::${own}/home:/bin/sh\n`);
  writeFileSync(join(own, 'subid'), `user:1000000:65536\n`);
  for (const his of [join(own, 'home'), folder]) chownSync(his, UID, UID);
}

/** Has that user take all of Lazaret off his folders again; gives the exit status. */
export async function uninstallRootless(network: LabNetwork, folder: string, socket: string): Promise<number | null> {
  const [status] = await once(spawnAsUser(network, folder, socket, ['--uninstall', '--yes']), 'exit');
  return status;
}

function spawnAsUser(network: LabNetwork, folder: string, socket: string, more: readonly string[]): ChildProcess {
  const where = ['--state', join(folder, 'state'), '--run', join(folder, 'run'), '--socket', socket];
  const service = [inRepository(folder, 'bin/lazaretd'), '--rootless', ...where, ...more];
  const [first = '', ...words] = asUser(folder, service);
  return network.spawn('host', first, words, ['ignore', 'inherit', 'inherit']);
}

/** The words that run others as the user of a folder. */
export function asUser(folder: string, words: readonly string[]): string[] {
  return ['unshare', '--mount', 'sh', '-c', AS_USER, 'sh', join(folder, 'user'), ROOT, ...words];
}

/** Where that user finds a file of this repository. */
export function inRepository(folder: string, path: string): string {
  return join(folder, 'user', 'repository', path);
}

/** Asks it to end, as its user’s session does; its machines are shut down. */
export async function stopRootless(child: ChildProcess): Promise<number | null> {
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const [status] = await ended;
  return status;
}
