import { constants, createWriteStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { AppError, systemCode } from '../../lib/errors.ts';
import { requireGoing } from '../../lib/interrupted.ts';
import { fileError } from '../files/file-error.ts';
import type { Source, Wanted } from './source.ts';

const CHUNK_BYTES = 1 << 20;

/** A run of bytes in an archive or image. */
export interface Region {
  offset: number;
  bytes: number;
}

/** What is where in an archive: each file’s runs of bytes, in order. */
export type Contents = ReadonlyMap<string, readonly Region[]>;

/** What is read in place by runs of bytes. */
export interface Medium extends AsyncDisposable {
  readonly path: string;
  /** Length in bytes. */
  readonly size: number;
  readonly isRemote?: boolean;
  stream(regions: readonly Region[], wanted: Partial<Wanted>): AsyncIterable<Uint8Array>;
}

/** An archive or image that is read in place. */
export class MediumFile implements Medium {
  readonly path: string;
  /** Length in bytes. */
  readonly size: number;
  readonly #file: FileHandle;

  private constructor(path: string, size: number, file: FileHandle) {
    this.path = path;
    this.size = size;
    this.#file = file;
  }

  /** Opens an ordinary file, or gives undefined when there is none of that name. @throws FILE_DENIED */
  static async open(path: string): Promise<MediumFile | undefined> {
    try {
      // Opened before it is looked at, so that nobody can put another in its place; a pipe without a writer opens at once.
      const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
      const found = await file.stat();
      if (found.isFile()) return new MediumFile(path, found.size, file);
      await file.close();
      return undefined;
    } catch (error) {
      // ENXIO is a socket.
      if (['ENOENT', 'ENOTDIR', 'ENXIO'].includes(systemCode(error) ?? '')) return undefined;
      throw fileError(error, path);
    }
  }

  /** @throws MEDIA_INVALID when the file ends before */
  async read(offset: number, bytes: number): Promise<Buffer> {
    if (offset + bytes > this.size) throw new AppError('MEDIA_INVALID', `${this.path} ends early`);
    const into = Buffer.alloc(bytes);
    const { bytesRead } = await this.#file.read(into, 0, bytes, offset);
    if (bytesRead < bytes) throw new AppError('MEDIA_INVALID', `${this.path} ends early`);
    return into;
  }

  /** The bytes of some runs, one after the other; `skip` leaves out so many at their beginning. */
  async *stream(regions: readonly Region[], { from: skip = 0, bytes = Infinity, signal }: Partial<Wanted>) {
    let [left, wanted] = [skip, bytes];
    for (const region of regions) {
      let at = Math.min(left, region.bytes);
      left -= at;
      for (; at < region.bytes && wanted > 0; ) {
        requireGoing(signal);
        const chunk = await this.read(region.offset + at, Math.min(CHUNK_BYTES, region.bytes - at, wanted));
        yield chunk;
        at += chunk.length;
        wanted -= chunk.length;
      }
    }
  }

  /** Writes some runs into a new file. @throws DISK_FULL, MEDIA_INVALID */
  async copyTo(path: string, regions: readonly Region[]): Promise<void> {
    try {
      await pipeline(this.stream(regions, {}), createWriteStream(path, { flags: 'wx' }));
    } catch (error) {
      throw fileError(error, path);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }
}

/** The files of an archive or image, which is closed with it. */
export function mediumSource(medium: Medium, contents: Contents): Source {
  return {
    name: medium.path,
    isRemote: medium.isRemote ?? false,
    async open(path, wanted) {
      const regions = contents.get(path);
      if (!regions) throw new AppError('FETCH_MISSING', `${medium.path} has no ${path}`);
      return { from: wanted.from ?? 0, chunks: medium.stream(regions, wanted) };
    },
    [Symbol.asyncDispose]: () => medium[Symbol.asyncDispose](),
  };
}
