import { createHash } from 'node:crypto';
import { AppError } from '../../lib/errors.ts';
import { requireGoing } from '../../lib/interrupted.ts';
import { withTemporaryFile } from '../../sys/files/files.ts';
import { hasProgram, run } from '../../sys/programs/exec.ts';
import { fetchBytes, type Source } from '../../sys/sources/source.ts';
import { blobName } from '../blob-file.ts';
import { LAZARET_FOLDER, MAX_DEBIAN_PACKAGE_BYTES, type SignedLazaret } from './list.ts';

const APT_MS = 30 * 60_000;
/** Nobody is asked by it, and nobody waits for answers. */
const APT_ENV = { DEBIAN_FRONTEND: 'noninteractive' };

/** What of Lazaret is on this computer, and what a package brings for it. */
export interface Offer {
  /** Undefined where dpkg has none, or none that is whole. */
  installed: string | undefined;
  /** Whether dpkg has one, were it between its steps. */
  isPackage: boolean;
  offered: SignedLazaret;
  isNewer: boolean;
}

/**
 * What a list that was verified has for this computer.
 * @throws LAZARET_UNPACKAGED (there is no dpkg: no Debian), LAZARET_MISSING (nothing for this processor)
 */
export async function offerFor(signed: readonly SignedLazaret[], signal: AbortSignal): Promise<Offer> {
  if (!hasProgram('dpkg'))
    throw new AppError(
      'LAZARET_UNPACKAGED',
      'this computer has no dpkg, and Lazaret is handed out as a Debian package',
    );
  const { stdout: processor } = await run('dpkg', ['--print-architecture'], { signal });
  const offered = signed.find((each) => each.processor === processor);
  if (!offered) {
    const there = signed.map((each) => each.processor).join(', ');
    const what = `Lazaret is there for ${there}; this computer is ${processor}`;
    throw new AppError('LAZARET_MISSING', what, { details: { processor } });
  }
  const { installed, isPackage } = await installedLazaret(signal);
  return {
    ...{ installed, isPackage },
    offered,
    isNewer: installed === undefined || (await isLater(offered.version, installed, signal)),
  };
}

/** Compares what lies on a medium with what was signed. @throws TRUST_DIGEST, FETCH_*, VOLUME_* */
export async function provedLazaret(
  source: Source,
  { file, sha256 }: SignedLazaret,
  signal: AbortSignal,
): Promise<Buffer> {
  const options = { maxBytes: MAX_DEBIAN_PACKAGE_BYTES, signal };
  const bytes = await fetchBytes(source, `${LAZARET_FOLDER}/${file}`, options).catch((error: unknown) => {
    // Where a project publishes all its packages, it is among their blobs.
    if (!(error instanceof AppError && error.code === 'FETCH_MISSING')) throw error;
    return fetchBytes(source, blobName(sha256), options);
  });
  if (createHash('sha256').update(bytes).digest('hex') !== sha256)
    throw new AppError('TRUST_DIGEST', `${LAZARET_FOLDER}/${file} of ${source.name} is not the file that was signed`);
  return bytes;
}

/**
 * Installs it, with what it needs of Debian; machines run on. Gives what it says of itself on the way. What is installed is a copy of what was proved, whatever becomes of the
 * medium meanwhile. @throws TRUST_INVALID (it is not what its name says), PROGRAM_FAILED, PROGRAM_MISSING, INTERRUPTED
 */
export async function installLazaret(
  proved: Buffer,
  { file, version }: SignedLazaret,
  signal: AbortSignal,
): Promise<string[]> {
  return withTemporaryFile(
    proved,
    async (path) => {
      const { stdout } = await run('dpkg-deb', ['-f', path, 'Version'], { signal });
      if (stdout !== version) throw new AppError('TRUST_INVALID', `${file} is of another version: ${stdout}`);
      requireGoing(signal);
      // From here on it is dpkg’s: whoever ended it would leave it between its steps.
      const said = await run('apt-get', ['install', '-y', '-q', path], { timeoutMs: APT_MS, env: APT_ENV });
      return `${said.stdout}\n${said.stderr}`.split('\n').filter((line) => line.startsWith('lazaret: '));
    },
    file,
  );
}

async function installedLazaret(signal: AbortSignal): Promise<Pick<Offer, 'installed' | 'isPackage'>> {
  const fields = ['-W', '-f', `\${db:Status-Status} \${Version}`, 'lazaret'];
  const { stdout } = await run('dpkg-query', fields, { signal, allow: [1] });
  const [state = '', version] = stdout.split(' ');
  return {
    installed: state === 'installed' ? version : undefined,
    isPackage: !['', 'not-installed', 'config-files'].includes(state),
  };
}

async function isLater(version: string, installed: string, signal: AbortSignal): Promise<boolean> {
  const { exitCode } = await run('dpkg', ['--compare-versions', version, 'gt', installed], { signal, allow: [1] });
  return exitCode === 0;
}
