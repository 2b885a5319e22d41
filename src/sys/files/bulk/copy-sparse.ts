import * as fs from 'node:fs/promises';
import { AppError, systemCode } from '../../../lib/errors.ts';
import { pause } from '../../pause.ts';
import { endingWithUs } from '../../programs/ending-with-us.ts';
import { run } from '../../programs/exec.ts';
import { isDiskFull } from '../../programs/qemu-img.ts';

const HOUR_MS = 3_600_000;
const LOOK_MS = 200;
/** What `stat` counts room in. */
const UNIT_BYTES = 512;

interface Options {
  signal?: AbortSignal | undefined;
  /** Told how much of the room that the file takes is taken by its copy. */
  onBytes?: ((done: number, total: number) => void) | undefined;
}

/**
 * Copies a file to one that must not exist. It shares what it can, and what is empty takes no room.
 * @throws DISK_FULL, PROGRAM_FAILED, PROGRAM_TIMEOUT, INTERRUPTED; what is there then is the caller’s to remove
 */
export async function copySparse(from: string, to: string, { signal, onBytes }: Options = {}): Promise<void> {
  const total = await takenBytes(from);
  onBytes?.(0, total);
  const over = new AbortController();
  const looking = onBytes && look(to, over.signal, (taken) => onBytes(Math.min(taken, total), total));
  try {
    const how = ['--reflink=auto', '--sparse=always', '--dereference'];
    const [program = '', ...words] = endingWithUs(['cp', ...how, '--', from, to]);
    await run(program, words, { name: 'cp', timeoutMs: HOUR_MS, isGroup: true, ...(signal ? { signal } : {}) });
  } catch (error) {
    if (!(error instanceof AppError) || !isDiskFull(error)) throw error;
    throw new AppError('DISK_FULL', `a copy of ${from} does not fit: the disk is full`, { cause: error });
  } finally {
    over.abort();
    await looking;
  }
  onBytes?.(total, total);
}

/** Looks at a file that grows, until that is over. */
async function look(path: string, over: AbortSignal, tell: (taken: number) => void): Promise<void> {
  while (!over.aborted) {
    tell(await takenBytes(path));
    await pause(LOOK_MS, over);
  }
}

/** The room that a file takes on the disk: nothing, before it is there. */
async function takenBytes(path: string): Promise<number> {
  try {
    return (await fs.stat(path)).blocks * UNIT_BYTES;
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    return 0;
  }
}
