import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { PASSPHRASE } from './made-project.ts';

export const BIN = join(import.meta.dirname, '..', '..', 'bin');

export interface Ended {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Runs one of our programs to its end, as a script would: with no terminal, and a passphrase at hand. */
export async function program(
  name: 'lazaret' | 'lazaret-manager' | 'lazaretd',
  args: readonly string[],
  env: Record<string, string | undefined> = {},
): Promise<Ended> {
  const child = spawn(join(BIN, name), args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, LAZARET_PASSPHRASE: PASSPHRASE, ...env },
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const [status] = await once(child, 'close');
  return { status, stdout, stderr };
}

/** The failure that a command printed with --json. */
export function failureIn({ stdout }: Ended): {
  code: string;
  reason: string;
  causes: string[];
  remedy: string;
} {
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '').error;
}
