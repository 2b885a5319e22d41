import { AppError } from '../../lib/errors.ts';
import { hasProgram, run } from './exec.ts';
import { isDiskFull, outputTo } from './qemu-img.ts';

/** Where a confined `qemu-img` finds the image, and the folder of what it writes. */
export const IMAGE = '/image';
export const OUT = '/out';

/** Where it finds the file of that number, of an image that is several. */
export function imageAt(index: number): string {
  return index === 0 ? IMAGE : `${IMAGE}.${index}`;
}

const MEMORY_BYTES = 2 ** 30;
const MAX_REASON_CHARACTERS = 500;
const SYSTEM = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/etc/ld.so.cache'];

interface Options {
  /** The folder that `OUT` is; without it nothing can be written. */
  out?: string;
  timeoutMs?: number;
  /** No file that it writes may become longer. */
  maxFileBytes?: number;
  /** Exit statuses of `qemu-img` that are answers and not failures. */
  allow?: readonly number[];
  /** Told how much of its work is done, from 0 to 1, where it is run with `-p`. */
  onProgress?: ((done: number) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Runs `qemu-img` on an image of somebody else’s: in bubblewrap, without network, with the system’s programs, the image’s
 * files as `imageAt` says and `OUT`, and nothing else to be seen. In what it says, `IMAGE` is put back to the image’s path.
 * @throws DISK_IN_USE, DISK_UNCLEAN, DISK_FULL, DISK_UNCONFINED, PROGRAM_MISSING, PROGRAM_TIMEOUT, INTERRUPTED, and
 * DISK_INVALID with the reason that `qemu-img` gave
 */
export async function confinedQemuImg(
  image: string | readonly [string, ...string[]],
  args: readonly string[],
  options: Options = {},
): Promise<string> {
  const { out, timeoutMs = 60_000, maxFileBytes, allow = [], signal, onProgress } = options;
  const files = typeof image === 'string' ? ([image] as const) : image;
  // What is missing inside would look as if the confinement or the image were at fault.
  const missing = ['qemu-img', 'bwrap', 'prlimit'].find((name) => !hasProgram(name));
  if (missing !== undefined) throw new AppError('PROGRAM_MISSING', `${missing} is not installed`);
  const most = maxFileBytes === undefined ? [] : [`--fsize=${maxFileBytes}`];
  const command = [
    'prlimit',
    `--data=${MEMORY_BYTES}`,
    '--core=0',
    ...most,
    '--',
    ...sandbox(files, out),
    'qemu-img',
    ...args,
  ];
  const [program = '', ...words] = command;
  try {
    const told = outputTo(onProgress);
    return (await run(program, words, { timeoutMs, allow, isGroup: true, ...told, ...(signal ? { signal } : {}) }))
      .stdout;
  } catch (error) {
    throw error instanceof AppError && error.code === 'PROGRAM_FAILED' ? reasonOf(error, files[0]) : error;
  }
}

function sandbox(files: readonly string[], out: string | undefined): string[] {
  const isRoot = process.getuid?.() === 0;
  return [
    ...['bwrap', '--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-net', '--unshare-cgroup-try'],
    // No session of its own: it is begun in one without a terminal, and what left the group would not be ended with it.
    ...['--die-with-parent', '--cap-drop', 'ALL'],
    // Root reads files of others by this right alone, and here there are no others.
    ...(isRoot ? ['--cap-add', 'CAP_DAC_OVERRIDE'] : []),
    ...SYSTEM.flatMap((path) => ['--ro-bind-try', path, path]),
    ...['--dev', '/dev', '--proc', '/proc'],
    ...files.flatMap((path, index) => ['--ro-bind', path, imageAt(index)]),
    ...(out === undefined ? [] : ['--bind', out, OUT]),
    ...['--remount-ro', '/', '--chdir', '/', '--'],
  ];
}

/** What stands in the way, by the words of `qemu-img` in the language it is run in. */
function reasonOf(error: AppError, image: string): AppError {
  const said = error.message
    .replace(/^prlimit: /, '')
    .replaceAll(`${OUT}/`, '')
    // How we name what it is to open is our own business.
    .replace(/'json:\{[^']*\}'/g, `'${IMAGE}'`)
    .replaceAll(IMAGE, image);
  const more = { cause: error, details: { image } };
  if (isDiskFull(error)) return new AppError('DISK_FULL', `the disk of ${image} does not fit: the disk is full`, more);
  if (said.startsWith('bwrap: ')) return new AppError('DISK_UNCONFINED', `${image} is not read: ${said}`, more);
  if (/Failed to (get|lock)|Is another process using the image/.test(said))
    return new AppError('DISK_IN_USE', `${image} is in use by another program`, more);
  if (/contains a log that needs to be replayed/.test(said))
    return new AppError('DISK_UNCLEAN', `${image} was not closed: its log holds what is still to be written`, more);
  return new AppError('DISK_INVALID', `${image} cannot be read: ${lastLine(said)}`, more);
}

/** The image may have had a say in it. */
function lastLine(said: string): string {
  const line = said.split('\n').findLast((text) => text.startsWith('qemu-img: ')) ?? said;
  return line
    .replace(/^qemu-img: /, '')
    .replace(/\p{Cc}/gu, '?')
    .slice(0, MAX_REASON_CHARACTERS);
}
