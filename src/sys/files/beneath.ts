import { constants } from 'node:fs';
import {
  type FileHandle,
  lstat,
  mkdir,
  open,
  opendir,
  realpath,
  rename,
  rmdir,
  statfs,
  unlink,
} from 'node:fs/promises';
import { AppError } from '../../lib/errors.ts';
import { coded } from './file-error.ts';

/** O_PATH, which Node does not name: a file that is only looked at and gone through. */
const O_PATH = 0x20_00_00;
const { O_NOFOLLOW, O_DIRECTORY, O_NONBLOCK, O_RDONLY, O_WRONLY, O_CREAT, O_EXCL } = constants;

/** Names from a folder down to one of its files; none is the folder itself. */
export type Below = readonly string[];

/** What of a folder is shown: ordinary files and folders, and nothing else that may be there. */
export interface Shown {
  isFolder: boolean;
  /** Who may do what with it, as chmod sets it. */
  mode: number;
  bytes: number;
  changedAt: Date;
  /** Another one, or another content, has another. */
  tag: string;
}

/** It is a link, or neither a file nor a folder: it is treated as what may not be used. */
class NotShown extends Error {
  readonly code = 'EACCES';
}

/**
 * A folder that is never left. Each name is looked up from the descriptor of the folder it is in, and a link is followed nowhere, so that
 * it does not matter what somebody puts in a name’s place meanwhile. Failures are the system’s, by their codes.
 */
export class Beneath implements AsyncDisposable {
  readonly #root: FileHandle;

  private constructor(root: FileHandle) {
    this.#root = root;
  }

  /** @throws FILE_MISSING, FILE_DENIED, FILE_INVALID where a link is on the way, or it is no folder */
  static async open(path: string): Promise<Beneath> {
    return coded(path, async () => {
      const real = await realpath(path);
      if (real !== path)
        throw new AppError('FILE_INVALID', `${path} is or goes through a link to ${real}`, { details: { path, real } });
      const root = await open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
      const beneath = new Beneath(root);
      // Whoever put a link there between the two is found out.
      if ((await realpath(at(root))) === path) return beneath;
      await root.close();
      throw new AppError('FILE_INVALID', `${path} changed while it was opened`, { details: { path } });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#root.close();
  }

  async look(names: Below): Promise<Shown> {
    await using found = await this.#find(names);
    return await shownBy(found.handle);
  }

  /** What is in a folder, as it is read. */
  async *list(names: Below): AsyncGenerator<[name: string, shown: Shown]> {
    await using found = await this.#find(names);
    for await (const { name } of await opendir(at(found.handle))) {
      // The replacement character stands for bytes that are no text.
      if (name.includes('\ufffd')) continue;
      const shown = await lstat(at(found.handle, name), { bigint: true }).then(shownOf, () => undefined);
      if (shown) yield [name, shown];
    }
  }

  async openToRead(names: Below): Promise<FileHandle> {
    await using found = await this.#find(names);
    if ((await shownBy(found.handle)).isFolder) throw Object.assign(new Error('is a folder'), { code: 'EISDIR' });
    return await open(at(found.handle), O_RDONLY | O_NONBLOCK);
  }

  /** A new file, which must not be there. */
  async openNew(names: Below): Promise<FileHandle> {
    await using into = await this.#above(names);
    return await open(at(into.handle, into.name), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o644);
  }

  async makeFolder(names: Below): Promise<void> {
    await using into = await this.#above(names);
    await mkdir(at(into.handle, into.name));
  }

  /** A folder goes with all that is in it; links go as what they are. */
  async remove(names: Below): Promise<void> {
    const { isFolder } = await this.look(names);
    await using from = await this.#above(names);
    if (isFolder) await this.#empty(names);
    await (isFolder ? rmdir : unlink)(at(from.handle, from.name));
  }

  /** What is there under the new name is replaced, where the system does that. */
  async move(from: Below, to: Below): Promise<void> {
    await this.look(from);
    await using source = await this.#above(from);
    await using target = await this.#above(to);
    await rename(at(source.handle, source.name), at(target.handle, target.name));
  }

  /** Room for more on its disk. */
  async freeBytes(): Promise<number> {
    const { bavail, bsize } = await statfs(at(this.#root));
    return bavail * bsize;
  }

  async #empty(names: Below): Promise<void> {
    await using folder = await this.#find(names);
    for await (const entry of await opendir(at(folder.handle)))
      if (entry.isDirectory()) {
        await this.#empty([...names, entry.name]);
        await rmdir(at(folder.handle, entry.name));
      } else await unlink(at(folder.handle, entry.name));
  }

  async #above(names: Below): Promise<Found & { name: string }> {
    const name = names.at(-1);
    if (name === undefined) throw new NotShown('the folder itself');
    return Object.assign(await this.#find(names.slice(0, -1)), { name });
  }

  async #find(names: Below): Promise<Found> {
    let handle = this.#root;
    for (const [place, name] of names.entries()) {
      const isLast = place === names.length - 1;
      const from = handle;
      try {
        handle = await open(at(from, name), O_PATH | O_NOFOLLOW | (isLast ? 0 : O_DIRECTORY));
      } finally {
        if (from !== this.#root) await from.close();
      }
    }
    const own = handle === this.#root;
    const found = { handle, [Symbol.asyncDispose]: async () => (own ? undefined : handle.close()) };
    if (shownOf(await handle.stat({ bigint: true }))) return found;
    await found[Symbol.asyncDispose]();
    throw new NotShown('a link, or neither file nor folder');
  }
}

interface Found extends AsyncDisposable {
  handle: FileHandle;
}

/** By a descriptor, whatever has which name by now. */
function at({ fd }: FileHandle, name?: string): string {
  return name === undefined ? `/proc/self/fd/${fd}` : `/proc/self/fd/${fd}/${name}`;
}

async function shownBy(handle: FileHandle): Promise<Shown> {
  const shown = shownOf(await handle.stat({ bigint: true }));
  if (shown) return shown;
  throw new NotShown('a link, or neither file nor folder');
}

function shownOf(stats: {
  isFile(): boolean;
  isDirectory(): boolean;
  mode: bigint;
  size: bigint;
  mtime: Date;
  mtimeNs: bigint;
  ino: bigint;
}): Shown | undefined {
  if (!stats.isFile() && !stats.isDirectory()) return undefined;
  const tag = `"${stats.ino.toString(36)}-${stats.mtimeNs.toString(36)}-${stats.size.toString(36)}"`;
  return {
    isFolder: stats.isDirectory(),
    mode: Number(stats.mode) & 0o777,
    bytes: Number(stats.size),
    changedAt: stats.mtime,
    tag,
  };
}
