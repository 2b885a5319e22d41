import { AppError } from '../lib/errors.ts';
import { run } from '../sys/programs/exec.ts';
import type { OnFile, ServerKind } from './kind.ts';
import { type Publication, TIMESTAMP } from './publication.ts';

const TIMEOUT_MS = 600_000;
const IO_TIMEOUT_S = 60;
const CONNECT_TIMEOUT_S = 15;
const ALIVE_S = 15;

/** A folder of another computer. Nobody looks policies up there by this name: a web server hands them out. */
export const rsync: ServerKind = {
  form: '[USER@]HOST:/PATH (rsync over ssh)',
  // A dash at the beginning would be an option of ssh.
  owns: (address) => /^(?!-)[^/\s]+:\/./.test(address) && !/^[a-z][a-z0-9+.-]*:\/\//i.test(address),
  put: (publication, address, { signal }, onFile) =>
    putByRsync(publication, address, { onFile, ...(signal ? { signal } : {}) }),
};

/** ssh that asks nobody, and does not wait for a computer that says nothing: neither at the beginning nor later. */
export function sshShell(connectTimeoutS = CONNECT_TIMEOUT_S): string {
  const options = ['BatchMode=yes', `ConnectTimeout=${connectTimeoutS}`, `ServerAliveInterval=${ALIVE_S}`];
  return ['ssh', ...options.flatMap((option) => ['-o', option])].join(' ');
}

interface RsyncOptions {
  /** The program that leads to the other computer, with its words. */
  shell?: string;
  onFile?: OnFile;
  signal?: AbortSignal;
}

/**
 * Sends a release to another computer by rsync over ssh, in two runs: first what is new beside what is there, then the
 * timestamp. Until the second, and whenever this ends before, readers see the former release.
 * @throws DEPLOY_FAILED, PROGRAM_MISSING, INTERRUPTED
 */
export async function putByRsync(
  { folder, content }: Publication,
  to: string,
  { shell = sshShell(), onFile, signal }: RsyncOptions = {},
): Promise<void> {
  for (const paths of [content, [TIMESTAMP]]) {
    try {
      await run(
        'rsync',
        [
          ...['--files-from=-', '--checksum', '--chmod=D755,F644', '--compress', '--protect-args'],
          ...[`--timeout=${IO_TIMEOUT_S}`, `--rsh=${shell}`, '--', `${folder}/`, to],
        ],
        { input: `${paths.join('\n')}\n`, timeoutMs: TIMEOUT_MS, ...(signal ? { signal } : {}) },
      );
    } catch (error) {
      if (!(error instanceof AppError) || !['PROGRAM_FAILED', 'PROGRAM_TIMEOUT'].includes(error.code)) throw error;
      throw new AppError('DEPLOY_FAILED', `the policies did not reach ${to}: ${error.message}`, { cause: error });
    }
    onFile?.(paths === content ? content.length : content.length + 1, content.length + 1);
  }
}
