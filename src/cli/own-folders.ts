import { join } from 'node:path';
import { isThere } from '../sys/files/files.ts';

/** Where an ordinary user’s service keeps what is installed, and its sockets (XDG Base Directory Specification). */
export function ownFolders(): { state: string; run: string } {
  const { HOME = '/', XDG_DATA_HOME, XDG_RUNTIME_DIR } = process.env;
  return {
    state: join(XDG_DATA_HOME || join(HOME, '.local', 'share'), 'lazaret'),
    run: join(XDG_RUNTIME_DIR || join(HOME, '.cache'), 'lazaret'),
  };
}

/** The computer’s service’s. */
export const OF_COMPUTER = '/run/lazaret/lazaretd.sock';

/** Where machines are, unless their service was told otherwise. */
export function defaultState(): string {
  return process.getuid?.() === 0 ? '/var/lib/lazaret' : ownFolders().state;
}

/** The computer’s service, else the user’s own where there is one: a service that nobody has started would be the computer’s. */
export async function defaultSocket(): Promise<string> {
  const own = join(ownFolders().run, 'lazaretd.sock');
  if (process.getuid?.() === 0 || (await isThere(OF_COMPUTER)) || !(await isThere(own))) return OF_COMPUTER;
  return own;
}
