import { randomUUID } from 'node:crypto';
import { systemCode } from '../../lib/errors.ts';
import type { Below, Beneath, Shown } from '../../sys/files/beneath.ts';
import type { Asked } from './folder-server.ts';
import { PART } from './paths.ts';
import { say } from './show.ts';

/** So much stays free on the computer’s disk, whatever a guest writes. */
const KEPT_FREE_BYTES = 256 << 20;
const LOOK_EVERY_BYTES = 16 << 20;

/** PUT: the whole of a file, in place of the former one once all of it is there. */
export async function put({ request, response, names, folder }: Asked): Promise<void> {
  if (request.headers['content-range'] !== undefined) return say(response, 400);
  const wasThere = await isThere(folder, names);
  if (wasThere === 'folder' || names.length === 0) return say(response, 405);
  await write(folder, names, request as AsyncIterable<Buffer>, Number(request.headers['content-length'] ?? 0));
  const { tag } = await folder.look(names);
  say(response, wasThere === undefined ? 201 : 204, { etag: tag });
}

/** Writes a file beside its place, and puts it there when it is whole; what does not become whole is removed. */
export async function write(
  folder: Beneath,
  names: Below,
  content: AsyncIterable<Buffer>,
  saidBytes: number,
): Promise<void> {
  await requireRoom(folder, saidBytes);
  const part = [...names.slice(0, -1), `${PART}${randomUUID()}`];
  try {
    const former = await shownAt(folder, names);
    await using file = await folder.openNew(part);
    // Who may do what with it stays, whoever writes it.
    if (former && !former.isFolder) await file.chmod(former.mode);
    let unseenBytes = 0;
    for await (const chunk of content) {
      await file.writeFile(chunk);
      unseenBytes += chunk.length;
      if (unseenBytes < LOOK_EVERY_BYTES) continue;
      await requireRoom(folder, 0);
      unseenBytes = 0;
    }
    await folder.move(part, names);
  } catch (error) {
    await folder.remove(part).catch(() => undefined);
    throw systemCode(error) === 'ENOENT' ? Object.assign(new Error('no folder above'), { code: 'ENOTDIR' }) : error;
  }
}

/** What is there under a name; what may not be seen there is a failure. */
export async function isThere(folder: Beneath, names: Below): Promise<'file' | 'folder' | undefined> {
  const shown = await shownAt(folder, names);
  return shown && (shown.isFolder ? 'folder' : 'file');
}

async function shownAt(folder: Beneath, names: Below): Promise<Shown | undefined> {
  try {
    return await folder.look(names);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function requireRoom(folder: Beneath, bytes: number): Promise<void> {
  if ((await folder.freeBytes()) - bytes < KEPT_FREE_BYTES)
    throw Object.assign(new Error('the disk is nearly full'), { code: 'ENOSPC' });
}
