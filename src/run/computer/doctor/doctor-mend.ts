import type { CommandWords } from '../../../lib/command-words.ts';
import { AppError, failureOf } from '../../../lib/errors.ts';
import { hasProgram, run } from '../../../sys/programs/exec.ts';
import type { Check } from './doctor.ts';

/** Packages may come from far away. */
const MENDING_MS = 900_000;

/** How a package is installed here; nothing where that is not known. */
export function installing(name: string): readonly CommandWords[] {
  if (!hasProgram('apt-get')) return [];
  return [
    ['apt-get', 'update'],
    ['apt-get', 'install', '--yes', '--no-install-recommends', name],
  ];
}

/** All that root can run about what was found, each once. */
export function mendings(checks: readonly Check[]): readonly CommandWords[] {
  const all = checks.filter(({ ok, note }) => !ok || note !== undefined).flatMap(({ mend = [] }) => mend);
  return [...new Map(all.map((words) => [words.join('\0'), words])).values()];
}

/** Runs one; gives why it failed, if it did. @throws INTERRUPTED */
export async function mend([program, ...args]: CommandWords, signal: AbortSignal): Promise<string | undefined> {
  try {
    await run(program, args, { timeoutMs: MENDING_MS, env: { DEBIAN_FRONTEND: 'noninteractive' }, signal });
    return undefined;
  } catch (error) {
    if (!(error instanceof AppError && error.code.startsWith('PROGRAM_'))) throw error;
    return failureOf(error).reason;
  }
}
