import { createHash } from 'node:crypto';
import { accessSync, constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { AppError, systemCode } from '../../lib/errors.ts';
import { requireGoing } from '../../lib/interrupted.ts';
import { coded, fileError } from './file-error.ts';
import { syncFolder } from './folders.ts';
import { temporaryBeside } from './temporary.ts';

/**
 * The bytes of an ordinary file, at most `maxBytes` of them.
 * @throws FILE_MISSING, FILE_DENIED, FILE_INVALID (folder, device, pipe), FILE_TOO_LARGE
 */
export function readCapped(path: string, maxBytes: number): Promise<Buffer> {
  return readOpened(path, maxBytes, constants.O_RDONLY | constants.O_NONBLOCK);
}

/** As `readCapped`, but a symbolic link is no file: it could lead to any file of this computer. @throws FILE_INVALID */
export function readUnlinked(path: string, maxBytes: number): Promise<Buffer> {
  return readOpened(path, maxBytes, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
}

/** An ordinary file as a stream, with its length as it was opened. @throws FILE_MISSING, FILE_DENIED, FILE_INVALID */
export async function openToRead(path: string): Promise<AsyncDisposable & { content: Readable; bytes: number }> {
  return coded(path, async () => {
    const file = await openOrdinary(path);
    const { size } = await file.stat();
    // What is added to it meanwhile is not part of it.
    const content = file.createReadStream(size === 0 ? {} : { end: size - 1 });
    return { content, bytes: size, [Symbol.asyncDispose]: () => file.close().catch(() => undefined) };
  });
}

/**
 * Opens an ordinary file to read. It is opened before it is looked at, so that nobody can put another in its place; a pipe
 * without a writer opens at once, and is refused. @throws FILE_INVALID, and what `open` does
 */
async function openOrdinary(path: string, flags = constants.O_RDONLY | constants.O_NONBLOCK): Promise<fs.FileHandle> {
  const file = await fs.open(path, flags);
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw new AppError('FILE_INVALID', `${path} is not an ordinary file`, { details: { path } });
}

async function readOpened(path: string, maxBytes: number, flags: number): Promise<Buffer> {
  return coded(path, async () => {
    await using file = await openOrdinary(path, flags);
    const found = await file.stat();
    if (found.size > maxBytes) throw tooLarge(path, maxBytes);
    const bytes = Buffer.alloc(Math.min(found.size, maxBytes) + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(bytes, length, bytes.length - length, length);
      if (bytesRead === 0) return bytes.subarray(0, length);
      length += bytesRead;
      if (length === bytes.length) throw tooLarge(path, maxBytes);
    }
  });
}

function tooLarge(path: string, maxBytes: number): AppError {
  return new AppError('FILE_TOO_LARGE', `${path} is larger than ${maxBytes} bytes`, { details: { path, maxBytes } });
}

/** As `readCapped`, or undefined when there is no such file. */
export async function readIfThere(path: string, maxBytes: number): Promise<Buffer | undefined> {
  try {
    return await readCapped(path, maxBytes);
  } catch (error) {
    if (error instanceof AppError && error.code === 'FILE_MISSING') return undefined;
    throw error;
  }
}

/**
 * Replaces a file as one step: written beside it, synced, renamed, the folder synced. A crash leaves the old bytes or the new.
 * @throws DISK_FULL, FILE_DENIED, FILE_MISSING (no such folder)
 */
export async function writeFileAtomic(path: string, data: string | Uint8Array, mode = 0o644): Promise<void> {
  await writeFilesAtomic([{ path, data }], mode);
}

/**
 * Replaces files together, each as writeFileAtomic: all are written beside before the first takes its place, so that a full disk
 * leaves every one as it was. A crash leaves the first of them new and the others old; of one folder, any of them.
 * @throws DISK_FULL, FILE_DENIED, FILE_MISSING (no such folder)
 */
export async function writeFilesAtomic(
  files: readonly { path: string; data: string | Uint8Array }[],
  mode = 0o644,
): Promise<void> {
  const staged = files.map((file) => ({ ...file, beside: temporaryBeside(file.path) }));
  try {
    for (const { path, data, beside } of staged) await coded(path, () => writeSynced(beside, data, mode));
    for (const [at, { path, beside }] of staged.entries()) {
      const folder = dirname(path);
      const next = staged[at + 1];
      await coded(path, () => fs.rename(beside, path));
      if (!next || dirname(next.path) !== folder) await coded(folder, () => syncFolder(folder));
    }
  } catch (error) {
    await Promise.all(staged.map(({ beside }) => fs.rm(beside, { force: true })));
    throw error;
  }
}

async function writeSynced(path: string, data: string | Uint8Array, mode: number): Promise<void> {
  const file = await fs.open(path, 'wx', mode);
  try {
    await file.writeFile(data);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Whether this process may read and write a file or device. */
export function mayUse(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return false;
  }
}

/** Whether a name is a symbolic link. @throws FILE_MISSING, FILE_DENIED */
export async function isLink(path: string): Promise<boolean> {
  return coded(path, async () => (await fs.lstat(path)).isSymbolicLink());
}

export async function isThere(path: string): Promise<boolean> {
  try {
    await fs.lstat(path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return false;
    throw fileError(error, path);
  }
}

/** SHA-256 of a file in hexadecimal, and its length in bytes; `onBytes` is told how much is read. @throws FILE_MISSING, FILE_DENIED */
export async function digestFile(
  path: string,
  signal?: AbortSignal,
  onBytes: (done: number) => void = () => undefined,
): Promise<{ sha256: string; bytes: number }> {
  return coded(path, async () => {
    await using file = await openOrdinary(path);
    const hash = createHash('sha256');
    const buffer = Buffer.allocUnsafeSlow(1 << 20);
    for (let bytes = 0; ; ) {
      requireGoing(signal);
      const { bytesRead } = await file.read(buffer, 0, buffer.length, bytes);
      if (bytesRead === 0) return { sha256: hash.digest('hex'), bytes };
      hash.update(buffer.subarray(0, bytesRead));
      bytes += bytesRead;
      onBytes(bytes);
    }
  });
}

/** Copies an ordinary file of at most `maxBytes`, sharing its blocks where the file system can. @throws FILE_MISSING, FILE_INVALID, FILE_TOO_LARGE, DISK_FULL */
export async function copyFileTo(from: string, to: string, maxBytes: number): Promise<void> {
  await using file = await coded(from, () => openOrdinary(from));
  if ((await file.stat()).size > maxBytes) throw tooLarge(from, maxBytes);
  // By its descriptor: whatever has the name by now is another file.
  await coded(to, () => fs.copyFile(`/proc/self/fd/${file.fd}`, to, constants.COPYFILE_FICLONE));
}

/** As `copyFileTo`, for a file that everybody may run. */
export async function copyProgram(from: string, to: string, maxBytes: number): Promise<void> {
  await copyFileTo(from, to, maxBytes);
  await coded(to, () => fs.chmod(to, 0o755));
}

/** Gives `work` a file of its own with these bytes, and removes it afterwards. */
export async function withTemporaryFile<T>(
  data: Uint8Array,
  work: (path: string) => Promise<T>,
  name = 'file',
): Promise<T> {
  const folder = await fs.mkdtemp(join(tmpdir(), 'lazaret-'));
  try {
    const path = join(folder, name);
    await fs.writeFile(path, data);
    return await work(path);
  } finally {
    await fs.rm(folder, { recursive: true, force: true });
  }
}

/** Files held open until disposed of, in the order given: read-only, then writable, then to append to (made when missing). */
export async function openFiles(paths: {
  readOnly: readonly string[];
  writable: readonly string[];
  append: readonly string[];
}): Promise<AsyncDisposable & { fds: number[] }> {
  const handles: fs.FileHandle[] = [];
  const close = async () => {
    for (const handle of handles) await handle.close();
  };
  const wanted = [
    ...paths.readOnly.map((path) => ({ path, flags: 'r' })),
    ...paths.writable.map((path) => ({ path, flags: 'r+' })),
    ...paths.append.map((path) => ({ path, flags: 'a' })),
  ];
  try {
    for (const { path, flags } of wanted) handles.push(await coded(path, () => fs.open(path, flags, 0o600)));
  } catch (error) {
    await close();
    throw error;
  }
  return { fds: handles.map(({ fd }) => fd), [Symbol.asyncDispose]: close };
}

/** The last bytes of a file as text, or nothing when it is not there. */
export async function tailOf(path: string, maxBytes: number): Promise<string> {
  if (!(await isThere(path))) return '';
  return coded(path, async () => {
    await using file = await fs.open(path, 'r');
    const { size } = await file.stat();
    const buffer = Buffer.alloc(Math.min(size, maxBytes));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, size - buffer.length);
    return buffer.subarray(0, bytesRead).toString('utf8');
  });
}

/** The first bytes of a file, one character each. @throws FILE_MISSING, FILE_DENIED */
export async function headOf(path: string, maxBytes: number): Promise<string> {
  return coded(path, async () => {
    await using file = await openOrdinary(path);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(maxBytes), 0, maxBytes, 0);
    return buffer.toString('latin1', 0, bytesRead);
  });
}

/** When a file was changed, in milliseconds since 1970, or undefined where there is none. */
export async function changedAt(path: string): Promise<number | undefined> {
  return fs.stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  );
}

/** What tells a file from the same one written to: its length, and when it was last changed, in nanoseconds since 1970. @throws FILE_MISSING, FILE_DENIED */
export async function fileMark(path: string): Promise<{ bytes: number; changedAt: string }> {
  const { size, mtimeNs } = await coded(path, () => fs.stat(path, { bigint: true }));
  return { bytes: Number(size), changedAt: `${mtimeNs}` };
}

/** Removes a file if it is there. */
export async function removeFile(path: string): Promise<void> {
  await coded(path, () => fs.rm(path, { force: true }));
}

/** Adds a line to a file that never grows beyond two times `maxBytes`: when full it is renamed to `.1`, over the one before. */
export async function appendLine(path: string, line: string, maxBytes: number): Promise<void> {
  await coded(path, async () => {
    const found = await fs.stat(path).catch((error: unknown) => {
      if (systemCode(error) !== 'ENOENT') throw error;
    });
    if (found && found.size + line.length > maxBytes) await fs.rename(path, `${path}.1`);
    await fs.appendFile(path, `${line}\n`, { mode: 0o640 });
  });
}

/** Moves a complete file to its name in the same file system, over what was there, as one step. @throws DISK_FULL, FILE_DENIED */
export async function moveFile(from: string, to: string): Promise<void> {
  await coded(to, async () => {
    await using file = await fs.open(from, 'r');
    await file.sync();
    await fs.rename(from, to);
    await syncFolder(dirname(to));
  });
}

/** Gives a file a second name in the same file system. @throws DISK_FULL, FILE_DENIED, FILE_EXISTS */
export async function linkFile(from: string, to: string): Promise<void> {
  await coded(to, async () => {
    await fs.link(from, to);
    await syncFolder(dirname(to));
  });
}

/** The length of a file. @throws FILE_MISSING, FILE_DENIED */
export async function fileBytes(path: string): Promise<number> {
  return coded(path, async () => (await fs.stat(path)).size);
}
