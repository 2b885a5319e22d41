import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { BIN } from '../../lab/programs.ts';
import { PASSPHRASE } from './made-project.ts';

export interface Ended {
  status: number | null;
  stdout: string;
  stderr: string;
}

type Name = 'lazaret' | 'lazaret-manager' | 'lazaretd';

/** Runs one of our programs to its end, as a script would: with no terminal, and a passphrase at hand. */
export function program(
  name: Name,
  args: readonly string[],
  env: Record<string, string | undefined> = {},
): Promise<Ended> {
  return ended([join(BIN, name), ...args], env);
}

/** The same on a computer where another program is not installed; for root alone. */
export function programWithout(missing: string, name: Name, args: readonly string[]): Promise<Ended> {
  // What hides it cannot be executed, and is seen by the one command alone.
  const hide = 'for path in $(which -a "$1"); do mount --bind /dev/null "$path" || exit 99; done; shift; exec "$@"';
  const without = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', hide, 'sh', missing];
  return ended([...without, join(BIN, name), ...args]);
}

/** Runs a command to its end, as `program` does. */
export async function ended(
  [command = '', ...args]: readonly string[],
  env: Record<string, string | undefined> = {},
): Promise<Ended> {
  const child = spawn(command, args, {
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
  log?: string;
} {
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '').error;
}
