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

/** The computer’s service, else the user’s own. */
export async function defaultSocket(): Promise<string> {
  const ofComputer = '/run/lazaret/lazaretd.sock';
  return (await isThere(ofComputer)) ? ofComputer : join(ownFolders().run, 'lazaretd.sock');
}
