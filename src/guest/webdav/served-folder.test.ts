import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { code } from '../../../test/fakes/made-computer.ts';
import { scratch } from '../../../test/fakes/made-project.ts';
import { FrameReader, frame } from './frames.ts';
import { serveFolder } from './served-folder.ts';

/** A guest’s end of the port: what its clients say goes in frames, and what they are told comes in frames. */
class FakeGuest {
  readonly heard = new Map<bigint, Buffer>();
  readonly ended = new Set<bigint>();
  readonly port: Socket;
  #last = 0n;
  #news = Promise.withResolvers<void>();

  constructor(port: Socket) {
    this.port = port;
    const reader = new FrameReader();
    port.on('data', (bytes: Buffer) => {
      for (const { client, bytes: piece } of reader.read(bytes)) {
        if (piece.length === 0) this.ended.add(client);
        this.heard.set(client, Buffer.concat([this.heard.get(client) ?? Buffer.alloc(0), piece]));
      }
      this.#news.resolve();
      this.#news = Promise.withResolvers();
    });
  }

  say(client: bigint, bytes: Buffer): void {
    for (let at = 0; at < bytes.length; at += 4086) this.port.write(frame(client, bytes.subarray(at, at + 4086)));
  }

  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await this.#news.promise;
  }

  /** One request by a client of its own, and the whole answer to it. */
  async ask(method: string, address: string, headers: Record<string, string> = {}, body: Buffer = Buffer.alloc(0)) {
    this.#last += 1n;
    const client = this.#last;
    const all = { host: 'localhost', connection: 'close', 'content-length': `${body.length}`, ...headers };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    this.say(client, Buffer.concat([Buffer.from(`${method} ${address} HTTP/1.1\r\n${lines.join('')}\r\n`), body]));
    await this.until(() => this.ended.has(client));
    const answer = this.heard.get(client) ?? Buffer.alloc(0);
    const end = answer.indexOf('\r\n\r\n');
    const head = answer.subarray(0, end).toString();
    return { status: Number(head.split(' ')[1]), head, body: answer.subarray(end + 4) };
  }

  /** The status alone. */
  async status(method: string, address: string, headers: Record<string, string> = {}, body?: Buffer): Promise<number> {
    return (await this.ask(method, address, headers, body)).status;
  }
}

/** A folder with a file, a link to a folder that is not in it, and what serves it. */
async function served(t: TestContext, { readOnly = false } = {}) {
  const root = scratch(t);
  const folder = join(root, 'shared');
  const secret = join(root, 'secret');
  for (const path of [folder, secret, join(folder, 'notes')]) mkdirSync(path);
  writeFileSync(join(secret, 'key'), 'SECRET');
  writeFileSync(join(folder, 'a b.txt'), 'hello');
  symlinkSync(secret, join(folder, 'link'));
  symlinkSync(join(secret, 'key'), join(folder, 'notes', 'key'));
  const socket = join(root, 'port');
  const qemu = createServer().listen(socket);
  await once(qemu, 'listening');
  const connected = once(qemu, 'connection');
  const serving = await serveFolder(socket, { path: folder, readOnly });
  const [port] = await connected;
  t.after(async () => {
    await serving[Symbol.asyncDispose]();
    port.destroy();
    qemu.close();
  });
  return { folder, secret, root, serving, guest: new FakeGuest(port) };
}

test('a guest lists, reads, and reads a range', async (t) => {
  const { guest } = await served(t);

  const list = await guest.ask('PROPFIND', '/', { depth: '1' });
  assert.equal(list.status, 207);
  const hrefs = [...list.body.toString().matchAll(/<D:href>([^<]*)</g)].map(([, href]) => href).sort();
  assert.deepEqual(hrefs, ['/', '/a%20b.txt', '/notes/'], 'a link is not shown');
  assert.equal((await guest.ask('GET', '/a%20b.txt')).body.toString(), 'hello');
  const range = await guest.ask('GET', '/a%20b.txt', { range: 'bytes=1-2' });
  assert.deepEqual([range.status, range.body.toString()], [206, 'el']);
  assert.equal((await guest.ask('GET', '/a%20b.txt', { range: 'bytes=-2' })).body.toString(), 'lo');
  assert.equal(await guest.status('GET', '/a%20b.txt', { range: 'bytes=9-' }), 416);
  const head = await guest.ask('HEAD', '/a%20b.txt');
  assert.match(head.head, /content-length: 5/i);
  assert.equal(head.body.length, 0);
  assert.equal(await guest.status('PROPFIND', '/', { depth: 'infinity' }), 403);
  assert.match((await guest.ask('OPTIONS', '/')).head, /dav: 1, 2/i);
});

test('a guest writes, moves, copies and removes', async (t) => {
  const { guest, folder } = await served(t);
  const large = Buffer.alloc(1 << 20, 'x');

  assert.equal(await guest.status('PUT', '/new', {}, large), 201);
  assert.ok(readFileSync(join(folder, 'new')).equals(large));
  chmodSync(join(folder, 'new'), 0o640);
  assert.equal(await guest.status('PUT', '/new', {}, Buffer.from('less')), 204);
  assert.equal(statSync(join(folder, 'new')).mode & 0o777, 0o640, 'who may read it stays as it was');
  assert.equal(await guest.status('PUT', '/no/where', {}, Buffer.from('x')), 409);
  assert.equal(await guest.status('MKCOL', '/made'), 201);
  assert.equal(await guest.status('MKCOL', '/made'), 405);
  assert.equal(await guest.status('MOVE', '/new', { destination: 'http://localhost:9843/made/moved' }), 201);
  assert.equal(await guest.status('COPY', '/made', { destination: '/copy' }), 201);
  assert.equal(readFileSync(join(folder, 'copy', 'moved'), 'utf8'), 'less');
  assert.equal(await guest.status('COPY', '/made', { destination: '/copy', overwrite: 'F' }), 412);
  assert.equal(await guest.status('MOVE', '/made', { destination: '/made/inside' }), 403);
  assert.equal(await guest.status('DELETE', '/made'), 204);
  assert.equal(await guest.status('DELETE', '/made'), 404);
  assert.deepEqual(readdirSync(folder).sort(), ['a b.txt', 'copy', 'link', 'notes']);
});

test('a lock keeps others away until it is given back', async (t) => {
  const { guest, folder } = await served(t);

  const locked = await guest.ask('LOCK', '/new');
  assert.equal(locked.status, 201);
  assert.ok(existsSync(join(folder, 'new')));
  const token = /lock-token: (<[^>]*>)/i.exec(locked.head)?.[1] ?? '';
  assert.equal(await guest.status('PUT', '/new', {}, Buffer.from('x')), 423);
  assert.equal(await guest.status('LOCK', '/new'), 423);
  assert.equal(await guest.status('PUT', '/new', { if: `(${token})` }, Buffer.from('x')), 204);
  assert.equal(await guest.status('UNLOCK', '/new', { 'lock-token': '<opaquelocktoken:other>' }), 409);
  assert.equal(await guest.status('UNLOCK', '/new', { 'lock-token': token }), 204);
  assert.equal(await guest.status('PUT', '/new', {}, Buffer.from('y')), 204);
});

const ESCAPES: [method: string, address: string, headers: Record<string, string>][] = [
  ['GET', '/link/key', {}],
  ['GET', '/notes/key', {}],
  ['GET', '/../secret/key', {}],
  ['GET', '/%2e%2e/secret/key', {}],
  ['GET', '/..%2fsecret%2fkey', {}],
  ['GET', '//../secret/key', {}],
  ['PROPFIND', '/link', { depth: '1' }],
  ['PUT', '/link/key', {}],
  ['PUT', '/notes/key', {}],
  ['PUT', '/%2e%2e/secret/new', {}],
  ['DELETE', '/link/key', {}],
  ['DELETE', '/', {}],
  ['MKCOL', '/link/made', {}],
  ['MOVE', '/a%20b.txt', { destination: '/link/moved' }],
  ['MOVE', '/a%20b.txt', { destination: '/../secret/moved' }],
  ['COPY', '/link', { destination: '/copy' }],
  ['COPY', '/notes/key', { destination: '/copy' }],
  ['LOCK', '/link/made', {}],
];

test('nothing leads out of the folder: not a link, not dots', async (t) => {
  const { guest, secret } = await served(t);
  for (const [method, address, headers] of ESCAPES) {
    const { status, body } = await guest.ask(method, address, headers, Buffer.from('x'));
    assert.ok(status >= 400 && status < 500, `${method} ${address}: ${status}`);
    assert.ok(!body.includes('SECRET'));
  }
  assert.deepEqual(readdirSync(secret), ['key']);
  assert.equal(readFileSync(join(secret, 'key'), 'utf8'), 'SECRET');
  assert.equal(await guest.status('DELETE', '/notes'), 204, 'a link goes as a link');
  assert.equal(readFileSync(join(secret, 'key'), 'utf8'), 'SECRET');
});

test('what is shared to be read is not written in any way', async (t) => {
  const { guest, folder } = await served(t, { readOnly: true });
  for (const method of ['PUT', 'DELETE', 'MKCOL', 'MOVE', 'COPY', 'LOCK', 'UNLOCK', 'PROPPATCH'])
    assert.ok([403, 405].includes(await guest.status(method, '/a%20b.txt', { destination: '/other' })), method);
  assert.deepEqual(readdirSync(folder).sort(), ['a b.txt', 'link', 'notes']);
  assert.equal((await guest.ask('GET', '/a%20b.txt')).body.toString(), 'hello');
});

test('a folder that is a link, or behind one, is refused, and where it leads is said; the folder itself is shared', async (t) => {
  const { folder, root, secret } = await served(t);
  const socket = join(root, 'other');
  const qemu = createServer().listen(socket);
  await once(qemu, 'listening');
  t.after(() => qemu.close());
  symlinkSync('/etc', join(root, 'etc'));
  for (const path of [join(folder, 'link'), join(root, 'etc'), join(root, 'etc', 'ssl')]) {
    await assert.rejects(serveFolder(socket, { path, readOnly: true }), code('SHARE_FOLDER'));
  }
  await assert.rejects(serveFolder(socket, { path: join(root, 'etc'), readOnly: true }), /link to \/etc/);
  await assert.rejects(serveFolder(socket, { path: join(root, 'none'), readOnly: true }), code('FILE_MISSING'));
  await using serving = await serveFolder(socket, { path: secret, readOnly: true });
  assert.equal(serving.firstLine, 'ready');
});

test('a guest that never reads, or says what is no HTTP, is no burden; others are answered', async (t) => {
  const { guest, folder, serving } = await served(t);
  writeFileSync(join(folder, 'huge'), '');
  truncateSync(join(folder, 'huge'), 2 ** 40);

  guest.say(900n, Buffer.from('this is no HTTP\r\n\r\n'));
  await guest.until(() => guest.ended.has(900n));
  // More clients than are taken: the others are told so.
  for (let id = 1000n; id < 1100n; id += 1n) guest.say(id, Buffer.from('GET /'));
  await guest.until(() => [...guest.ended].filter((id) => id >= 1000n).length >= 60);
  for (let id = 1000n; id < 1100n; id += 1n) guest.port.write(frame(id, Buffer.alloc(0)));
  assert.equal((await guest.ask('GET', '/a%20b.txt')).body.toString(), 'hello');

  // A terabyte is asked for and not read: no more of it is read than waits.
  guest.port.pause();
  guest.say(2000n, Buffer.from('GET /huge HTTP/1.1\r\nhost: x\r\n\r\n'));
  const readBytes = () => Number(/rchar: (\d+)/.exec(readFileSync(`/proc/${serving.pid}/io`, 'utf8'))?.[1]);
  const before = readBytes();
  while (readBytes() < before + (1 << 18)) await setTimeout(10);
  let last = -1;
  for (let now = readBytes(); now !== last; now = readBytes()) {
    last = now;
    await setTimeout(300);
  }
  assert.ok(last - before < 16 << 20, `${last - before} bytes were read for a guest that takes none`);
});

test('a file that does not come whole leaves the former one', async (t) => {
  const { guest, folder } = await served(t);
  guest.say(77n, Buffer.from('PUT /a%20b.txt HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf'));
  guest.port.write(frame(77n, Buffer.alloc(0)));
  await guest.until(() => guest.ended.has(77n));
  while (readdirSync(folder).some((name) => name.startsWith('.lazaret'))) await guest.ask('GET', '/a%20b.txt');
  assert.equal((await guest.ask('GET', '/a%20b.txt')).body.toString(), 'hello');
});
