import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { truncateSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

const MIB = 1 << 20;
const DISK_MIB = 64;
/** A program for the firmware’s own shell, which switches the machine off after a while. */
const STARTUP = 'for %i run (1 10)\r\n  echo It starts by UEFI.\r\n  stall 1000000\r\nendfor\r\nreset -s\r\n';

/** A disk that firmware of our days starts: one partition with what its shell is to run. */
export function uefiDisk(folder: string): string {
  const [disk, part, startup] = ['disk.raw', 'part', 'startup.nsh'].map((name) => join(folder, name));
  for (const [path, mib] of [
    [disk, DISK_MIB],
    [part, DISK_MIB - 2],
  ] as const) {
    writeFileSync(path ?? '', '');
    truncateSync(path ?? '', mib * MIB);
  }
  writeFileSync(startup ?? '', STARTUP);
  execFileSync('sfdisk', ['-q', disk ?? ''], {
    input: `label: gpt\nstart=2048,size=${(DISK_MIB - 2) * 2048},type=U\n`,
  });
  execFileSync('mkfs.vfat', [part ?? ''], { stdio: 'ignore' });
  execFileSync('mcopy', ['-i', part ?? '', startup ?? '', '::startup.nsh']);
  execFileSync('dd', [`if=${part}`, `of=${disk}`, 'bs=1M', 'seek=1', 'conv=notrunc,sparse', 'status=none']);
  return disk ?? '';
}

/** Waits until the serial line has said so. */
export async function hears(console: string, text: string): Promise<void> {
  const socket = connect(console);
  await once(socket, 'connect');
  let heard = '';
  for await (const chunk of socket) {
    heard += String(chunk);
    if (heard.includes(text)) return;
  }
  assert.fail(`the machine ended without it: ${heard}`);
}
