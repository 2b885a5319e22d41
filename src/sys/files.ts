import { createHash, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { AppError, systemCode } from '../lib/errors.ts';

const CODES = {
  ENOENT: 'FILE_MISSING',
  ENOTDIR: 'FILE_MISSING',
  EISDIR: 'FILE_INVALID',
  ELOOP: 'FILE_INVALID',
  EACCES: 'FILE_DENIED',
  EPERM: 'FILE_DENIED',
  EROFS: 'FILE_DENIED',
  ENOSPC: 'DISK_FULL',
  EDQUOT: 'DISK_FULL',
  EFBIG: 'DISK_FULL',
} as const;

/** Gives a failed file call its code; what is not in the table is passed on as it is, a bug. */
export function fileError(error: unknown, path: string): unknown {
  const code = CODES[systemCode(error) as keyof typeof CODES];
  const what = {
    FILE_MISSING: 'is not there',
    FILE_INVALID: 'is no ordinary file',
    FILE_DENIED: 'may not be used',
    DISK_FULL: 'does not fit: the disk is full',
  };
  return code ? new AppError(code, `${path} ${what[code]}`, { cause: error, details: { path } }) : error;
}

async function coded<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw fileError(error, path);
  }
}

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

async function readOpened(path: string, maxBytes: number, flags: number): Promise<Buffer> {
  return coded(path, async () => {
    await using file = await fs.open(path, flags);
    const found = await file.stat();
    if (!found.isFile()) throw new AppError('FILE_INVALID', `${path} is no ordinary file`, { details: { path } });
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
  const beside = temporaryBeside(path);
  await coded(path, async () => {
    try {
      const file = await fs.open(beside, 'wx', mode);
      try {
        await file.writeFile(data);
        await file.sync();
      } finally {
        await file.close();
      }
      await fs.rename(beside, path);
    } catch (error) {
      await fs.rm(beside, { force: true });
      throw error;
    }
    await syncFolder(dirname(path));
  });
}

/** A name in the same folder that `removeTemporary` recognises after a crash. */
export function temporaryBeside(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
}

/** Removes what interrupted writes left in a folder. */
export async function removeTemporary(folder: string): Promise<void> {
  for (const name of await namesIn(folder)) {
    if (name.startsWith('.') && name.endsWith('.tmp'))
      await fs.rm(join(folder, name), { recursive: true, force: true });
  }
}

/** Makes a rename in this folder survive a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  await using handle = await fs.open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  await handle.sync();
}

/** Syncs every file and folder below and including this folder, innermost first. */
async function syncTree(folder: string): Promise<void> {
  for (const entry of await fs.readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await syncTree(path);
    else if (entry.isFile()) {
      await using file = await fs.open(path, 'r');
      await file.sync();
    }
  }
  await syncFolder(folder);
}

/** Points a symbolic link at `target` as one step. */
export async function replaceLink(path: string, target: string): Promise<void> {
  await coded(path, async () => {
    const beside = temporaryBeside(path);
    await fs.symlink(target, beside);
    await fs.rename(beside, path);
    await syncFolder(dirname(path));
  });
}

/** Names in a folder, sorted; none when the folder is not there. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await fs.readdir(folder)).sort();
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw fileError(error, folder);
  }
}

/** Makes a folder and those above it. @throws FILE_DENIED, DISK_FULL */
export async function makeFolder(path: string, mode = 0o755): Promise<void> {
  await coded(path, () => fs.mkdir(path, { recursive: true, mode }));
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

/** SHA-256 of a file in hexadecimal, and its length in bytes. @throws FILE_MISSING, FILE_DENIED */
export async function digestFile(path: string, signal?: AbortSignal): Promise<{ sha256: string; bytes: number }> {
  return coded(path, async () => {
    await using file = await fs.open(path, 'r');
    const hash = createHash('sha256');
    const buffer = Buffer.allocUnsafeSlow(1 << 20);
    for (let bytes = 0; ; ) {
      signal?.throwIfAborted();
      const { bytesRead } = await file.read(buffer, 0, buffer.length, bytes);
      if (bytesRead === 0) return { sha256: hash.digest('hex'), bytes };
      hash.update(buffer.subarray(0, bytesRead));
      bytes += bytesRead;
    }
  });
}

/** Bytes an ordinary user could still write to the file system that holds this folder. */
export async function freeBytes(folder: string): Promise<number> {
  return coded(folder, async () => {
    const { bavail, bsize } = await fs.statfs(folder);
    return bavail * bsize;
  });
}

/** Copies an ordinary file of at most `maxBytes`, sharing its blocks where the file system can. @throws FILE_MISSING, FILE_INVALID, FILE_TOO_LARGE, DISK_FULL */
export async function copyFileTo(from: string, to: string, maxBytes: number): Promise<void> {
  await coded(from, async () => {
    const found = await fs.stat(from);
    if (!found.isFile()) throw new AppError('FILE_INVALID', `${from} is no ordinary file`, { details: { path: from } });
    if (found.size > maxBytes) throw tooLarge(from, maxBytes);
  });
  await coded(to, () => fs.copyFile(from, to, constants.COPYFILE_FICLONE));
}

/** Moves a folder to a name that is free, as one step, with all that is in it on disk. @throws DISK_FULL, FILE_DENIED */
export async function moveFolder(from: string, to: string): Promise<void> {
  await coded(to, async () => {
    await syncTree(from);
    await fs.rename(from, to);
    await syncFolder(dirname(to));
  });
}

export async function removeFolder(path: string): Promise<void> {
  await coded(path, () => fs.rm(path, { recursive: true, force: true }));
}

/** Gives `work` a file of its own with these bytes, and removes it afterwards. */
export async function withTemporaryFile<T>(data: Uint8Array, work: (path: string) => Promise<T>): Promise<T> {
  const folder = await fs.mkdtemp(join(tmpdir(), 'lazaret-'));
  try {
    const path = join(folder, 'file');
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

/** Where a symbolic link points, or undefined when there is none. */
export async function linkTarget(path: string): Promise<string | undefined> {
  try {
    return await fs.readlink(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw fileError(error, path);
  }
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

/** Makes a folder that belongs to another user alone; `uid` undefined leaves it ours. */
export async function makeFolderFor(path: string, uid: number | undefined): Promise<void> {
  await coded(path, async () => {
    await fs.mkdir(path, { recursive: true, mode: 0o700 });
    if (uid !== undefined) await fs.chown(path, uid, uid);
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

/** The length of a file. @throws FILE_MISSING, FILE_DENIED */
export async function fileBytes(path: string): Promise<number> {
  return coded(path, async () => (await fs.stat(path)).size);
}
