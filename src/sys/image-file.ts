import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readlink } from 'node:fs/promises';
import { AppError, systemCode } from '../lib/errors.ts';
import { requireGoing } from '../lib/interrupted.ts';
import { coded } from './files/file-error.ts';

/** Where an image lies that is a part of a file: a member of an archive. */
export interface Within {
  /** What people call it. */
  name: string;
  offset: number;
  bytes: number;
}

/** A disk image of somebody else’s: read in small parts, each of which must lie within its file. */
export class ImageFile implements AsyncDisposable {
  readonly path: string;
  /** Length in bytes. */
  readonly size: number;
  readonly #begin: number;
  readonly #file: FileHandle;
  readonly #signal: AbortSignal | undefined;

  private constructor({ name, offset, bytes }: Within, file: FileHandle, signal: AbortSignal | undefined) {
    this.path = name;
    this.size = bytes;
    this.#begin = offset;
    this.#file = file;
    this.#signal = signal;
  }

  /** A part of it, which ends no later than it does and is open as long as it is. @throws DISK_CUT */
  within(part: Within): ImageFile {
    this.require(part.offset + part.bytes);
    return new ImageFile({ ...part, offset: this.#begin + part.offset }, this.#file, this.#signal);
  }

  /** Opens an ordinary file. @throws FILE_MISSING (also for a link that leads nowhere), FILE_DENIED, DISK_INVALID for a folder or device */
  static async open(path: string, signal?: AbortSignal): Promise<ImageFile> {
    await requireNoDanglingLink(path);
    return coded(path, async () => {
      // A pipe that nobody writes to is opened at once, and refused below.
      const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
      const found = await file.stat();
      if (found.isFile()) return new ImageFile({ name: path, offset: 0, bytes: found.size }, file, signal);
      await file.close();
      const what = found.isDirectory() ? 'a folder' : 'a device or a pipe; copy what is on it into a file first';
      throw new AppError('DISK_INVALID', `${path} is ${what}`);
    });
  }

  /** Some of its bytes. @throws DISK_CUT when they do not all lie in the file, INTERRUPTED */
  async part(offset: number, bytes: number): Promise<Buffer> {
    requireGoing(this.#signal);
    this.require(offset + bytes);
    const into = Buffer.alloc(bytes);
    await coded(this.path, async () => {
      for (let done = 0; done < bytes; ) {
        const { bytesRead } = await this.#file.read(into, done, bytes - done, this.#begin + offset + done);
        if (bytesRead === 0) throw cutShort(this.path, offset + bytes, offset + done);
        done += bytesRead;
      }
    });
    return into;
  }

  /** Its bytes from a place on, as many as there are. */
  async head(offset: number, maxBytes: number): Promise<Buffer> {
    return this.part(Math.min(offset, this.size), Math.max(0, Math.min(maxBytes, this.size - offset)));
  }

  /** Something that the image refers to ends there. @throws DISK_CUT when its file ends before */
  require(end: number): void {
    if (!(end <= this.size)) throw cutShort(this.path, end, this.size);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }
}

function cutShort(path: string, end: number, bytes: number): AppError {
  const what = `${path} is cut short: what it refers to ends at byte ${end}, the file at ${bytes}`;
  return new AppError('DISK_CUT', what, { details: { path, end, bytes } });
}

/** @throws FILE_MISSING that says where the link leads */
async function requireNoDanglingLink(path: string): Promise<void> {
  const found = await coded(path, () => lstat(path));
  if (!found.isSymbolicLink()) return;
  const target = await coded(path, () => readlink(path));
  await open(path, constants.O_RDONLY | constants.O_NONBLOCK).then(
    (file) => file.close(),
    (cause: unknown) => {
      if (systemCode(cause) !== 'ENOENT') return;
      throw new AppError('FILE_MISSING', `${path} is a link to ${target}, which is not there`, { cause });
    },
  );
}
