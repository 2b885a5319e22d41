// Loaded before a program (node --import): its disk is slow. As long as the file SLOW_WHILE is there, nothing below the folder
// SLOW_DISK is opened, looked at or renamed, and nothing that is sent there is written: whoever asks waits.
import streams, { existsSync, readlinkSync } from 'node:fs';
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_MS = 20;
const { SLOW_DISK: folder = '', SLOW_WHILE: mark = '' } = process.env;

for (const name of ['open', 'lstat', 'readdir', 'rename'] as const) {
  const quick = fs[name] as (path: string, ...more: unknown[]) => Promise<unknown>;
  const slow = async (path: string, ...more: unknown[]) => {
    while (`${path}`.startsWith(folder) && existsSync(mark)) await sleep(LOOK_MS);
    return quick(path, ...more);
  };
  Object.assign(fs, { [name]: slow });
}

// What streams write with.
for (const name of ['write', 'writev'] as const) {
  const quick = streams[name] as (fd: number, ...more: unknown[]) => void;
  const slow = (fd: number, ...more: unknown[]): void => {
    const isHeld = existsSync(mark) && readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder);
    if (isHeld) setTimeout(() => slow(fd, ...more), LOOK_MS);
    else quick(fd, ...more);
  };
  Object.assign(streams, { [name]: slow });
}
syncBuiltinESMExports();
