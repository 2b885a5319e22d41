import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { systemCode } from '../../src/lib/errors.ts';
import { scratch } from './made-project.ts';

const MOUNT = 'mount -t tmpfs -o "size=$2" none "$1" && echo mounted && exec cat';

/** A file system of this size, in a mount namespace of its own that goes with the test; its path is good for any process of root. */
export async function smallDisk(t: TestContext, bytes: number): Promise<string> {
  const folder = scratch(t);
  const holder = spawn(
    'unshare',
    ['--mount', '--propagation', 'private', 'sh', '-c', MOUNT, 'sh', folder, `${bytes}`],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const ended = once(holder, 'exit');
  t.after(async () => {
    holder.stdin.end();
    await ended;
  });
  const isMounted = await Promise.race([once(holder.stdout, 'data').then(() => true), ended.then(() => false)]);
  if (!isMounted) throw new Error('no file system could be mounted');
  return join('/proc', `${holder.pid}`, 'root', folder);
}

/** Another program’s file, which takes all room that there is. */
export function fill(disk: string): void {
  const file = openSync(join(disk, 'filler'), 'a');
  try {
    for (let step = 1 << 20; step >= 1; ) {
      try {
        writeSync(file, Buffer.alloc(step));
      } catch (error) {
        if (systemCode(error) !== 'ENOSPC') throw error;
        step >>= 4;
      }
    }
  } finally {
    closeSync(file);
  }
}

export function makeRoom(disk: string): void {
  rmSync(join(disk, 'filler'), { force: true });
}
