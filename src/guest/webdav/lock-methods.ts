import { randomUUID } from 'node:crypto';
import { lockXml } from './answers.ts';
import type { Asked } from './folder-server.ts';
import { isThere, write } from './put.ts';
import { say } from './show.ts';

/** LOCK: of a file that is not there yet it makes an empty one (RFC 4918 7.3). */
export async function lock({ response, names, folder, locks, said }: Asked): Promise<void> {
  const renewed = locks.renew(names, said);
  const wasThere = renewed === undefined ? await isThere(folder, names) : 'file';
  const token =
    renewed ?? (locks.isFree(names, said) ? locks.take(names, `opaquelocktoken:${randomUUID()}`) : undefined);
  if (token === undefined) return say(response, 423);
  try {
    if (wasThere === undefined) await write(folder, names, nothing(), 0);
  } catch (error) {
    locks.forget(names);
    throw error;
  }
  const body = lockXml(names, token);
  response
    .writeHead(wasThere === undefined ? 201 : 200, {
      ...{ dav: '1, 2', 'lock-token': `<${token}>`, 'content-type': 'application/xml; charset="utf-8"' },
      'content-length': `${Buffer.byteLength(body)}`,
    })
    .end(body);
}

export function unlock({ response, names, locks, said }: Asked): void {
  say(response, locks.release(names, said) ? 204 : 409);
}

async function* nothing(): AsyncGenerator<Buffer> {
  // The file is empty.
}
