import { AppError } from '../../lib/errors.ts';
import { isThere, moveFile } from '../files/files.ts';
import { temporaryBeside } from '../files/temporary.ts';
import { endingWithUs } from './ending-with-us.ts';
import { run } from './exec.ts';
import { SECRET_PATH, withSecretPipe } from './secret-pipe.ts';

/**
 * The name under which QEMU opens a chain of qcow2 files given bottom first: every file is named by us and the
 * lowest is told that it has nothing below, so no name written inside a file is ever followed (layer §1.3).
 */
export function chainName(files: readonly string[], isLocked = false): string {
  const name = files.reduce<object | null>((backing, filename) => {
    const file = { driver: 'file', filename };
    return { driver: 'qcow2', file: isLocked ? { driver: 'luks', 'key-secret': KEY, file } : file, backing };
  }, null);
  return `json:${JSON.stringify(name)}`;
}

/** What the key of encrypted files is called among the objects of a program of QEMU’s, which finds it in `SECRET_PATH`. */
export const KEY = 'key';
export const KEY_OBJECT = `secret,id=${KEY},file=${SECRET_PATH}`;

/** How QEMU’s tool says that a disk is full, in the language it is run in. */
const FULL = /No space left on device|Disk quota exceeded/;

/** What takes long, and fills a file that nobody uses yet or none: it ends with us, however we end. */
const ENDS_WITH_US = new Set(['convert', 'compare']);

/** How a shell, and what starts programs for others, says that there is no such program. */
const NOT_FOUND = 127;

/** Whether a program of QEMU’s failed because the disk is full. */
export function isDiskFull(error: AppError): boolean {
  return error.code === 'PROGRAM_FAILED' && FULL.test(error.message);
}

interface Options {
  /** Gives way to everything else that wants the processor. */
  background?: boolean;
  timeoutMs?: number;
  signal?: AbortSignal | undefined;
  /** What opens the files, where they are encrypted; it is in no argument and no variable. */
  diskKey?: string | undefined;
  /** Told how much of its work is done, from 0 to 1, where it is run with `-p`. */
  onProgress?: ((done: number) => void) | undefined;
}

/** What is made of its output while it runs: `    (12.34/100%)`, after each of which the line begins again. */
export function outputTo(onProgress: Options['onProgress']): { onOutput?: (text: string) => void } {
  if (!onProgress) return {};
  return {
    onOutput: (text) => {
      const last = [...text.matchAll(/\((\d+\.\d+)\/100%\)/g)].at(-1)?.[1];
      if (last !== undefined) onProgress(Math.min(1, Number(last) / 100));
    },
  };
}

/** What `qemu-img map` says of a chain; not checked. @throws PROGRAM_MISSING, PROGRAM_FAILED, PROGRAM_TIMEOUT, INTERRUPTED */
export function mapImage(files: readonly string[], options: Options = {}): Promise<unknown> {
  return json(['map', '--output=json', ...keyArgs(options), chainName(files, options.diskKey !== undefined)], options);
}

/** Where an ordinary file has holes, as `qemu-img map` says; not checked. @throws as `mapImage` */
export function mapRaw(path: string, options: Options = {}): Promise<unknown> {
  const name = JSON.stringify({ driver: 'raw', file: { driver: 'file', filename: path } });
  return json(['map', '--output=json', `json:${name}`], options);
}

/** What `qemu-img info` says of a file in the given format, opened under its plain name. @throws as `mapImage` */
export function imageFacts(path: string, format: 'qcow2' | 'raw', options: Options = {}): Promise<unknown> {
  if (options.diskKey !== undefined)
    return json(['info', '--output=json', ...keyArgs(options), chainName([path], true)], options);
  return json(['info', '--output=json', '-f', format, plain(path)], options);
}

function keyArgs({ diskKey }: Options): string[] {
  return diskKey === undefined ? [] : ['--object', KEY_OBJECT];
}

/** Runs `qemu-img`; names among the arguments are the caller's to make safe. @throws as `mapImage`, DISK_FULL */
export async function qemuImg(
  args: readonly string[],
  { timeoutMs = 3_600_000, signal, background = false, diskKey, onProgress }: Options = {},
): Promise<string> {
  const command = [
    ...(background ? ['nice', '-n', '19'] : []),
    ...(ENDS_WITH_US.has(args[0] ?? '') ? endingWithUs(['qemu-img', ...args]) : ['qemu-img', ...args]),
  ];
  const [program = '', ...words] = diskKey === undefined ? command : withSecretPipe(command);
  const input = diskKey === undefined ? {} : { input: diskKey };
  const told = outputTo(onProgress);
  const options = {
    name: 'qemu-img',
    timeoutMs,
    maxBytes: 256 << 20,
    ...input,
    ...told,
    ...(signal ? { signal } : {}),
  };
  try {
    return (await run(program, words, options)).stdout;
  } catch (error) {
    if (error instanceof AppError && isDiskFull(error))
      throw new AppError('DISK_FULL', 'a disk image does not fit: the disk is full', { cause: error });
    if (error instanceof AppError && error.details['exitCode'] === NOT_FOUND)
      throw new AppError('PROGRAM_MISSING', 'qemu-img is not installed', { cause: error });
    throw error;
  }
}

/** Whether QEMU finds nothing wrong with the tables of a qcow2 file. @throws PROGRAM_MISSING, PROGRAM_TIMEOUT, INTERRUPTED */
export async function qemuCheck(path: string, signal?: AbortSignal): Promise<boolean> {
  try {
    await qemuImg(['check', '-q', '-f', 'qcow2', plain(path)], { background: true, signal });
    return true;
  } catch (error) {
    if (error instanceof AppError && error.code === 'PROGRAM_FAILED') return false;
    throw error;
  }
}

/** Makes an empty qcow2 disk that names no other file, as one step; one that is there already stays as it is. @throws as `mapImage`, DISK_FULL */
export async function makeDiskOnce(path: string, virtualBytes: number): Promise<void> {
  if (await isThere(path)) return;
  const beside = temporaryBeside(path);
  await qemuImg(['create', '-q', '-f', 'qcow2', plain(beside), `${virtualBytes}`]);
  await moveFile(beside, path);
}

/** A path that `qemu-img` takes as a path whatever is in it: `nbd:x` is a file here, `-x` no option. */
export function plain(path: string): string {
  return path.startsWith('/') ? path : `./${path}`;
}

/** The installed QEMU's version as it prints it: `7.2.22`. @throws PROGRAM_MISSING, PROGRAM_FAILED */
export async function qemuImgVersion(options: Options = {}): Promise<string> {
  const said = await qemuImg(['--version'], { timeoutMs: 10_000, ...options });
  return /version (\d+(?:\.\d+){1,3})/.exec(said)?.[1] ?? 'unknown';
}

async function json(args: readonly string[], options: Options): Promise<unknown> {
  const text = await qemuImg(args, { timeoutMs: 120_000, ...options });
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AppError('PROGRAM_FAILED', 'qemu-img gave no JSON', { cause });
  }
}
