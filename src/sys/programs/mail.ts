import { spawn } from 'node:child_process';
import { hasProgram } from './exec.ts';

export interface Mail {
  to: string;
  subject: string;
  body: string;
  /** The path of a file that goes with it. */
  attach: string;
}

/** Opens a mail in the mail program of the user’s desktop, for him to send; gives false where there is none, or where we are root. */
export async function openMail({ to, subject, body, attach }: Mail): Promise<boolean> {
  const { DISPLAY, WAYLAND_DISPLAY } = process.env;
  const hasDesktop = (DISPLAY || WAYLAND_DISPLAY) && hasProgram('xdg-email');
  if (!hasDesktop || process.getuid?.() === 0) return false;
  const args = ['--utf8', '--subject', subject, '--body', body, '--attach', attach, to];
  const child = spawn('xdg-email', args, { stdio: 'ignore' });
  return new Promise<boolean>((resolve) => {
    child.once('exit', (status) => resolve(status === 0));
    child.once('error', () => resolve(false));
  });
}
