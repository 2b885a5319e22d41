import type { Below, Beneath } from '../../sys/files/beneath.ts';
import type { Asked } from './folder-server.ts';
import { namesOf } from './paths.ts';
import { isThere, write } from './put.ts';
import { say } from './show.ts';

const MOST_DEPTH = 32;

/** MOVE and COPY, within the folder. */
export async function copy({ request, response, names, folder, locks, said }: Asked): Promise<void> {
  const to = namesOf(`${request.headers['destination'] ?? ''}`);
  if (!to || to.length === 0 || names.length === 0) return say(response, 400);
  // A folder cannot go into itself, and nothing is its own copy.
  if (isWithin(to, names) || isWithin(names, to)) return say(response, 403);
  if (!locks.isFree(to, said)) return say(response, 423);
  const what = (await folder.look(names)).isFolder ? 'folder' : 'file';
  const before = await isThere(folder, to);
  if (before !== undefined && request.headers['overwrite']?.toString().toUpperCase() === 'F') return say(response, 412);
  if (before === 'folder' || (before === 'file' && what === 'folder')) await folder.remove(to);
  if (request.method === 'MOVE') {
    await folder.move(names, to);
    locks.forget(names);
  } else await copyAll(folder, names, to, request.headers['depth'] === '0' ? 0 : MOST_DEPTH);
  say(response, before === undefined ? 201 : 204);
}

function isWithin(names: Below, above: Below): boolean {
  return above.every((name, place) => names[place] === name);
}

async function copyAll(folder: Beneath, from: Below, to: Below, depth: number): Promise<void> {
  const { isFolder, bytes } = await folder.look(from);
  if (!isFolder) {
    await using file = await folder.openToRead(from);
    await write(folder, to, file.createReadStream({ autoClose: false }), bytes);
    return;
  }
  await folder.makeFolder(to);
  if (depth > 0)
    for await (const [name] of folder.list(from)) await copyAll(folder, [...from, name], [...to, name], depth - 1);
}
