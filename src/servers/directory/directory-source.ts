import { AppError } from '../../lib/errors.ts';
import type { Source } from '../../sys/sources/source.ts';
import type { DirectoryLogin } from './directory-client.ts';
import { PART_BYTES, partName } from './directory-names.ts';
import type { Directory } from './directory-objects.ts';

/** A published folder in a directory. It is logged on to when the first file is wanted. Nothing it gives is to be believed. */
export function directorySource(login: DirectoryLogin): Source {
  const { host, port, base } = login.address;
  const name = `the directory ${host}:${port} at ${base}`;
  let opened: Promise<Directory> | undefined;
  return {
    name,
    isRemote: true,
    async open(path, { maxBytes }) {
      opened ??= import('./directory-objects.ts').then((objects) => objects.Directory.open(login));
      const directory = await opened;
      const first = await directory.read(partName(path, 0), Math.min(maxBytes, PART_BYTES));
      if (!first) {
        // Every published folder begins with this one; directories say of what may not be seen that it is not there.
        const code = path === 'metadata/1.root.json' ? 'STORE_DENIED' : 'FETCH_MISSING';
        throw new AppError(code, `${name} has no ${path} that ${login.account.user} may see`);
      }
      return { from: 0, isWhole: true, chunks: parts(directory, path, first, maxBytes) };
    },
    async [Symbol.asyncDispose]() {
      await (await opened?.catch(() => undefined))?.[Symbol.asyncDispose]();
    },
  };
}

/** A part that is not full is the last one; what comes is counted by whoever reads. */
async function* parts(directory: Directory, path: string, first: Buffer, maxBytes: number): AsyncGenerator<Buffer> {
  let part: Buffer | undefined = first;
  let bytes = 0;
  for (let next = 1; part; next += 1) {
    yield part;
    bytes += part.length;
    if (part.length < PART_BYTES) return;
    part = await directory.read(partName(path, next), Math.max(0, Math.min(maxBytes - bytes, PART_BYTES)));
  }
}
