import {
  closeSync,
  constants,
  fchmodSync,
  fdatasync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs';
import { promisify } from 'node:util';
import { AppError } from '../../../lib/errors.ts';
import { fileError } from '../file-error.ts';

const HOW = {
  read: constants.O_RDONLY | constants.O_NONBLOCK,
  change: constants.O_RDWR | constants.O_NONBLOCK,
  create: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL,
} as const;

/**
 * An ordinary file read and written at positions, with synchronous calls: for bulk work in worker threads.
 * Every call throws the codes of `fileError` (DISK_FULL, FILE_MISSING, …).
 */
export class BlockFile implements Disposable {
  readonly path: string;
  readonly #fd: number;

  /** `create` makes a file that must not exist, readable by its owner alone. @throws FILE_INVALID for what is not an ordinary file */
  constructor(path: string, how: keyof typeof HOW) {
    this.path = path;
    this.#fd = coded(path, () => openSync(path, HOW[how], 0o600));
    if (!fstatSync(this.#fd).isFile()) {
      closeSync(this.#fd);
      throw new AppError('FILE_INVALID', `${path} is not an ordinary file`, { details: { path } });
    }
  }

  /** Length in bytes. */
  get size(): number {
    return fstatSync(this.#fd).size;
  }

  /** Fills `into` from `position` on. @throws FILE_INVALID when the file ends before */
  read(into: Uint8Array, position: number): void {
    coded(this.path, () => {
      for (let done = 0; done < into.length; ) {
        const count = readSync(this.#fd, into, done, into.length - done, position + done);
        if (count === 0)
          throw new AppError('FILE_INVALID', `${this.path} ends early`, { details: { path: this.path } });
        done += count;
      }
    });
  }

  /** Writes all of `from` at `position`. */
  write(from: Uint8Array, position: number): void {
    coded(this.path, () => {
      for (let done = 0; done < from.length; ) {
        done += writeSync(this.#fd, from, done, from.length - done, position + done);
      }
    });
  }

  /** Sets the length; what is added reads as zeros and takes no room. */
  resize(bytes: number): void {
    coded(this.path, () => ftruncateSync(this.#fd, bytes));
  }

  /** Makes everything written survive a power cut. */
  sync(): void {
    coded(this.path, () => fsyncSync(this.#fd));
  }

  /** Brings what is written to the disk, while other calls go on; not to be closed before it has ended. */
  async syncBeside(): Promise<void> {
    try {
      await promisify(fdatasync)(this.#fd);
    } catch (error) {
      throw fileError(error, this.path);
    }
  }

  setMode(mode: number): void {
    coded(this.path, () => fchmodSync(this.#fd, mode));
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}

function coded<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw fileError(error, path);
  }
}
