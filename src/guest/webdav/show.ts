import { once } from 'node:events';
import type { ServerResponse } from '../../sys/http/http-over-streams.ts';
import { shownXml, XML_END, XML_HEAD } from './answers.ts';
import type { Asked } from './folder-server.ts';
import { namesOf } from './paths.ts';

/** Answers with a status alone. */
export function say(response: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  response.writeHead(status, { dav: '1, 2', 'content-length': '0', ...headers }).end();
}

/** PROPFIND of one file or folder, or of a folder and what is in it: never of all below. */
export async function show({ request, response, names, folder }: Asked): Promise<void> {
  const depth = request.headers['depth'];
  if (depth !== '0' && depth !== '1') return say(response, 403);
  const itself = await folder.look(names);
  response.writeHead(207, { dav: '1, 2', 'content-type': 'application/xml; charset="utf-8"' });
  response.write(XML_HEAD + shownXml(names, itself));
  if (depth === '1' && itself.isFolder)
    for await (const [name, shown] of folder.list(names)) {
      // What could not be asked for by its name is not shown either.
      if (!namesOf(`/${encodeURIComponent(name)}`)) continue;
      if (!response.write(shownXml([...names, name], shown))) await roomIn(response);
    }
  response.end(XML_END);
}

/** Waits until the guest has taken what it was given; it may go instead. */
export async function roomIn(response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  const end = () => gone.abort();
  response.once('close', end);
  try {
    if (!response.destroyed) await once(response, 'drain', { signal: gone.signal });
  } finally {
    response.off('close', end);
  }
}
