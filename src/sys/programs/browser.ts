import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { writeFileAtomic } from '../files/files.ts';
import { hasProgram } from './exec.ts';

/**
 * Opens an address in the browser of the user’s desktop; gives false where there is none, or where we are root. Arguments
 * can be read by every user of a computer, and the address may be a secret: it goes into a file that is the user’s alone.
 */
export async function openInBrowser(url: string): Promise<boolean> {
  const { XDG_RUNTIME_DIR: folder, DISPLAY, WAYLAND_DISPLAY } = process.env;
  const hasDesktop = (DISPLAY || WAYLAND_DISPLAY) && hasProgram('xdg-open');
  if (!folder || !hasDesktop || process.getuid?.() === 0) return false;
  const page = join(folder, 'lazaret-open.html');
  const address = url.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
  await writeFileAtomic(page, `<!doctype html><meta http-equiv="refresh" content="0;url=${address}">\n`, 0o600);
  const child = spawn('xdg-open', [page], { detached: true, stdio: 'ignore' });
  const isStarted = new Promise<boolean>((resolve) => {
    child.once('spawn', () => resolve(true));
    child.once('error', () => resolve(false));
  });
  child.unref();
  return isStarted;
}
