import { run } from './exec.ts';

/**
 * Tells the systemd that started this process by a unit of `Type=notify` that it is ready; does nothing where none did.
 * @throws PROGRAM_MISSING, PROGRAM_FAILED
 */
export async function tellReady(): Promise<void> {
  const socket = process.env['NOTIFY_SOCKET'];
  if (!socket) return;
  // What it starts has nothing to tell.
  delete process.env['NOTIFY_SOCKET'];
  // Node sends no datagrams to Unix sockets. Run by root, this program speaks in the name of the process that started it.
  await run('systemd-notify', ['--ready'], { env: { NOTIFY_SOCKET: socket } });
}
