import { systemCode } from '../../lib/errors.ts';
import type { Beneath } from '../../sys/files/beneath.ts';
import type { IncomingMessage, ServerResponse } from '../../sys/http/http-over-streams.ts';
import { copy } from './copy.ts';
import { give } from './give.ts';
import { lock, unlock } from './lock-methods.ts';
import { Locks } from './locks.ts';
import { namesOf } from './paths.ts';
import { put } from './put.ts';
import { say, show } from './show.ts';

/** What a folder is served with. */
export interface FolderParts {
  folder: Beneath;
  readOnly: boolean;
  locks: Locks;
}

/** One request, whose address has been read. */
export interface Asked extends FolderParts {
  request: IncomingMessage;
  response: ServerResponse;
  names: readonly string[];
  /** What of locks it says that it has. */
  said: string;
}

const READING = ['OPTIONS', 'PROPFIND', 'GET', 'HEAD'];
const WRITING = ['PUT', 'DELETE', 'MKCOL', 'MOVE', 'COPY', 'LOCK', 'UNLOCK'];
const MOST_ASKED_BYTES = 64 << 10;

/** What the system says, as HTTP says it; whatever is not here is a fault of ours, 500. */
const STATUS: Readonly<Record<string, number>> = {
  ...{ ENOENT: 404, ENOTDIR: 409, ELOOP: 403, EACCES: 403, EPERM: 403, EROFS: 403, EXDEV: 403, EINVAL: 403 },
  ...{ EEXIST: 405, ENOTEMPTY: 409, EISDIR: 405, EBUSY: 423, ENAMETOOLONG: 400, EFBIG: 413 },
  ...{ ENOSPC: 507, EDQUOT: 507, EMFILE: 503 },
};

/** Serves one folder by WebDAV, classes 1 and 2 (RFC 4918), to one guest. What it may not do is a status, and nothing is thrown. */
export function folderServer(
  parts: Omit<FolderParts, 'locks'>,
  now: () => number,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const locks = new Locks(now);
  return async (request, response) => {
    try {
      const names = namesOf(request.url ?? '');
      if (!names) return say(response, 400);
      const said = `${request.headers['if'] ?? ''} ${request.headers['lock-token'] ?? ''}`;
      await answer({ ...parts, locks, request, response, names, said });
    } catch (error) {
      const status = STATUS[systemCode(error) ?? ''] ?? 500;
      if (response.headersSent) response.destroy();
      else say(response, status);
    }
  };
}

async function answer(asked: Asked): Promise<void> {
  const { request, response, names, folder, readOnly, locks, said } = asked;
  const method = request.method ?? '';
  const known = readOnly ? READING : [...READING, ...WRITING];
  if (method === 'OPTIONS') return say(response, 200, { allow: known.join(', '), 'ms-author-via': 'DAV' });
  if (!known.includes(method)) return say(response, WRITING.includes(method) ? 403 : 405);
  // The bodies of all others are their own: what they ask for is answered whole, or not read.
  if (method !== 'PUT' && !(await isSmall(request))) return say(response, 413);
  if (method !== 'LOCK' && method !== 'COPY' && WRITING.includes(method) && !locks.isFree(names, said))
    return method === 'UNLOCK' ? unlock(asked) : say(response, 423);
  switch (method) {
    case 'PROPFIND':
      return show(asked);
    case 'GET':
    case 'HEAD':
      return give(asked);
    case 'PUT':
      return put(asked);
    case 'MKCOL':
      await folder.makeFolder(names).catch((error: unknown) => {
        // Where the folder above is missing, it is a conflict and not a miss.
        throw systemCode(error) === 'ENOENT' ? Object.assign(new Error('no folder above'), { code: 'ENOTDIR' }) : error;
      });
      return say(response, 201);
    case 'DELETE':
      await folder.remove(names);
      locks.forget(names);
      return say(response, 204);
    case 'MOVE':
    case 'COPY':
      return copy(asked);
    case 'LOCK':
      return lock(asked);
    default:
      return unlock(asked);
  }
}

/** Reads what a request has to say, which is not needed, as far as that is not much. */
async function isSmall(request: IncomingMessage): Promise<boolean> {
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_ASKED_BYTES) return false;
  }
  return true;
}
