import { inOrder } from '../../lib/in-order.ts';
import { openThreads, usualThreads } from '../../sys/programs/threads.ts';
import { openBlocks } from '../../sys/secrets/locked-blocks.ts';
import { SECTOR } from '../../sys/secrets/luks.ts';
import { PIECE } from '../format.ts';
import { type CopySetup, openCopy } from './copy-jobs.ts';

const WORKER = new URL('./copy-worker.ts', import.meta.url);
/** Bytes copied as one job. */
const AT_ONCE = 16 * PIECE;

/**
 * Copies a file that lies in clear to one that is encrypted, or the other way: what it holds is the same byte for byte. `to` must not
 * exist; nothing is synced. A last sector that is not whole is filled with zeros: a qcow2 file is none the worse for them.
 * @throws KEY_DAMAGED, DISK_FULL, FILE_MISSING, INTERRUPTED
 */
export async function copyBlocks(setup: CopySetup, signal?: AbortSignal): Promise<void> {
  const bytes = make(setup);
  const count = bytes < AT_ONCE ? 0 : usualThreads();
  await using threads = openThreads(WORKER, openCopy, setup, { count, signal });
  for await (const _done of inOrder(parts(bytes), threads.ahead, (part) => threads.run('copy', part)));
}

/** Makes the file that is copied to, as long as the other, in whole sectors. */
function make({ from, to, fromKey, toKey }: CopySetup): number {
  using source = openBlocks(from, 'read', fromKey);
  const size = Math.ceil(source.size / SECTOR) * SECTOR;
  using target = openBlocks(to, 'create', toKey);
  target.resize(size);
  return size;
}

function* parts(bytes: number): Generator<{ at: number; bytes: number }> {
  for (let at = 0; at < bytes; at += AT_ONCE) yield { at, bytes: Math.min(AT_ONCE, bytes - at) };
}
