import { fileURLToPath } from 'node:url';
import type { QueuePlace } from './ask-queue.ts';

const PROGRAM = fileURLToPath(new URL('./printer-program.ts', import.meta.url));
/** It keeps a few pieces of a document at most. */
const SMALL = ['--max-semi-space-size=4', '--max-old-space-size=96'];

/** What the process that serves a printer is told. */
export interface PrinterOrder extends QueuePlace {
  /** The words that lead into the namespace where it is asked; it ends when the file has gone. */
  enter: readonly string[];
  namespaceFile: string;
  address: string;
  port: number;
  /** Who it becomes once it listens; 0 where there is no other user. */
  uid: number;
}

/** The command that serves a printer, started as root. It says `ready` once it can be asked. */
export function printerCommand(order: PrinterOrder): readonly string[] {
  return [process.execPath, ...SMALL, PROGRAM, JSON.stringify(order)];
}
