import type { Duplex } from 'node:stream';
import type { Context } from '../program.ts';
import { printStep } from './print.ts';

/** Ctrl-], as with telnet: nothing that a guest’s shell or editor needs. */
const LEAVE = 0x1d;

/** Joins the terminal to a serial console until the user leaves, the machine ends, or the command is interrupted. */
export async function atConsole(context: Context, vm: string, stream: Duplex): Promise<void> {
  const { stdin, stdout } = process;
  const left = Promise.withResolvers<void>();
  const onData = (chunk: Buffer) => {
    const at = stdin.isTTY ? chunk.indexOf(LEAVE) : -1;
    const isTaken = stream.write(at < 0 ? chunk : chunk.subarray(0, at));
    if (at >= 0) left.resolve();
    else if (!isTaken) {
      stdin.pause();
      stream.once('drain', () => stdin.resume());
    }
  };
  stream.once('close', () => left.resolve()).once('end', () => left.resolve());
  context.signal.addEventListener('abort', () => left.resolve(), { once: true });
  if (stdin.isTTY) {
    printStep(context, `serial console of ${vm}; Enter wakes it, Ctrl-] leaves`);
    stdin.setRawMode(true);
  }
  stream.pipe(stdout, { end: false });
  stdin.on('data', onData);
  try {
    await left.promise;
  } finally {
    stdin.off('data', onData).pause();
    if (stdin.isTTY) stdin.setRawMode(false);
    stream.destroy();
  }
  if (!stdin.isTTY) return;
  printStep(context, `\nleft the console of ${vm}`);
}
