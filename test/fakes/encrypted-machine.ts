import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { constants, zstdDecompressSync } from 'node:zlib';
import type { MainJob } from '../../lab/main-job.ts';
import { BIN } from '../../lab/programs.ts';

export const PASSWORD = 'correct horse';
const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

/** Lets a project’s machine be opened by a password, which encrypts its disks. */
export function encrypt(job: MainJob): void {
  const policy = join(job.computer.project, 'vms', job.vm, 'policy.yaml');
  appendFileSync(policy, 'authentication: { type: password }\nencryption: { disks: true }\n');
}

/** The user’s command line, given his password on its standard input. */
export async function given(job: MainJob, lines: readonly string[], ...words: string[]) {
  const child = spawn(join(BIN, 'lazaret'), ['--socket', job.computer.socket, ...words, '--json'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.on('error', () => undefined).end(lines.map((line) => `${line}\n`).join(''));
  const [said] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  return JSON.parse(said.trim().split('\n').at(-1) ?? '');
}

/** Starts the machine with these lines as its password and the new one. */
export function open(job: MainJob, ...lines: string[]) {
  return given(job, lines, 'start', job.vm, '--password-fd=0');
}

/** The files of a computer, what it keeps and what it forgets with a restart, in which a text stands, packed or not. */
export function holding(job: MainJob, wanted: string): string[] {
  const files = globSync(join(job.computer.folder, '{state,run}', '**'), { withFileTypes: true });
  return files
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name))
    .filter((path) => statSync(path).size > 0 && isIn(path, wanted));
}

function isIn(path: string, wanted: string): boolean {
  const bytes = readFileSync(path);
  const parts = ZSTD.equals(bytes.subarray(0, ZSTD.length)) ? [bytes, unpacked(bytes)] : [bytes];
  return parts.some((part) => part.includes(wanted) || part.includes(Buffer.from(wanted, 'utf16le')));
}

/** As far as it goes. */
function unpacked(bytes: Buffer): Buffer {
  return zstdDecompressSync(bytes, { finishFlush: constants.ZSTD_e_flush });
}
