import { randomBytes } from 'node:crypto';
import { AppError } from '../../lib/errors.ts';
import { type Ran, type RunOptions, run } from './exec.ts';

/** A program of several, and what it reads. */
export interface ProgramCall {
  program: string;
  args: readonly string[];
  input?: string;
  /** The next one runs whatever becomes of it; where it failed it has written nothing. */
  mayFail?: true;
}

/** Runs a program alone. @throws as `run` */
export function runCall({ program, args, input }: ProgramCall, options: RunOptions = {}): Promise<Ran> {
  return run(program, args, { ...options, ...(input === undefined ? {} : { input }) });
}

/** What a shell says of a program that it does not find. */
const NOT_FOUND = 127;
const ANY_STATUS = Array.from({ length: 255 }, (_, index) => index + 1);

/**
 * Runs programs one after the other, and gives what each wrote to standard output, without the end of its last line. The
 * first that fails is the last. One small shell starts them all: for a process as large as ours the kernel takes ten times as long to
 * start a program. All words are quoted: the shell has nothing to say about them.
 * @throws as `run`, of the program that failed
 */
export async function runByShell(
  calls: readonly ProgramCall[],
  options: Pick<RunOptions, 'timeoutMs' | 'env' | 'signal'> = {},
): Promise<string[]> {
  // Nobody who has written an input can have known it.
  const mark = `---${randomBytes(12).toString('hex')}`;
  const input = `set -e\n${calls.map((call) => scriptOf(call, mark)).join('')}`;
  const { stdout, stderr, exitCode } = await run('sh', ['-s'], { ...options, input, allow: ANY_STATUS, isGroup: true });
  const outputs = stdout.split(`\n${mark}`);
  const failed = calls[outputs.length - 1];
  if (exitCode === 0) return outputs.slice(0, calls.length).map((output) => output.replace(/\n$/, ''));
  throw failure(failed ?? { program: 'sh', args: [] }, { exitCode, stderr });
}

/** The mark follows its output, whether that ends a line or not. */
function scriptOf({ program, args, input, mayFail }: ProgramCall, mark: string): string {
  const command = [program, ...args].map(quoted).join(' ');
  const forgiven = mayFail ? ' 2>/dev/null || :' : '';
  const read =
    input === undefined ? `</dev/null${forgiven}\n` : `<<'${mark}'${forgiven}\n${input.replace(/\n?$/, '\n')}${mark}\n`;
  return `${command} ${read}printf '\\n%s' '${mark}'\n`;
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

function failure({ program, args }: ProgramCall, { exitCode, stderr }: { exitCode: number; stderr: string }): AppError {
  const details = { program, args, exitCode };
  if (exitCode === NOT_FOUND && /: (?:command )?not found$/m.test(stderr))
    return new AppError('PROGRAM_MISSING', `${program} is not installed`, { details });
  const said = stderr.trim().slice(-2000) || 'failed without a word';
  return new AppError('PROGRAM_FAILED', `${program}: ${said}`, { details });
}
