import { cpus, totalmem } from 'node:os';

const MIB = 2 ** 20;

/** What this computer has: all its memory, and its processors. */
export function computerSize(): { memoryMiB: number; cpus: number } {
  return { memoryMiB: Math.floor(totalmem() / MIB), cpus: cpus().length };
}
