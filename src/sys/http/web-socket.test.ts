import assert from 'node:assert/strict';
import { once } from 'node:events';
import { symlinkSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { scratch } from '../../../test/fakes/made-project.ts';
import { listenTcp } from './http-server.ts';
import { bridgeWebSockets, feedWebSockets } from './web-socket.ts';

/** A bridge to the sockets of a folder, in which `echo` gives back what it gets. */
async function bridged(t: TestContext) {
  const folder = scratch(t);
  let accepted = 0;
  const echo = createServer((socket) => {
    accepted += 1;
    socket.on('error', () => socket.destroy()).pipe(socket);
  }).listen(join(folder, 'echo'));
  await once(echo, 'listening');
  t.after(() => echo.close());
  const upgrade = bridgeWebSockets(async ({ path }) => (path === '/none' ? undefined : join(folder, path)));
  const server = await listenTcp('127.0.0.1', 0, (_request, response) => response.end(), { onUpgrade: upgrade });
  t.after(() => server[Symbol.asyncDispose]());
  return { folder, server, port: server.port, accepted: () => accepted };
}

test('what a page sends reaches the machine, and what the machine says the page', async (t) => {
  const { port } = await bridged(t);
  const page = new WebSocket(`ws://127.0.0.1:${port}/echo`);
  page.binaryType = 'arraybuffer';
  await once(page, 'open');

  page.send(new Uint8Array([1, 2, 3]));
  const [{ data }] = (await once(page, 'message')) as [{ data: ArrayBuffer }];

  assert.deepEqual([...new Uint8Array(data)], [1, 2, 3]);
  page.close();
});

test('a link to another socket is not followed: the page is told that nobody is there', async (t) => {
  const { folder, port, accepted } = await bridged(t);
  symlinkSync(join(folder, 'echo'), join(folder, 'link'));
  const page = new WebSocket(`ws://127.0.0.1:${port}/link`);

  await once(page, 'close');

  assert.equal(accepted(), 0);
});

test('who is refused, and hangs up at once, ends nothing', async (t) => {
  const { port } = await bridged(t);
  const words = 'GET /none HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n';
  const refused = connect(port, '127.0.0.1');
  refused.write(words);
  const [answer] = await once(refused, 'data');
  assert.match(String(answer), /^HTTP\/1\.1 403 /);
  for (let count = 0; count < 20; count += 1) {
    const hasty = connect(port, '127.0.0.1').on('error', () => undefined);
    await once(hasty, 'connect');
    hasty.write(words);
    hasty.resetAndDestroy();
  }

  const page = new WebSocket(`ws://127.0.0.1:${port}/echo`);
  await once(page, 'open');
  page.close();
});

test('a server that ends ends what web sockets are open too', async (t) => {
  const { port, server } = await bridged(t);
  const page = new WebSocket(`ws://127.0.0.1:${port}/echo`);
  await once(page, 'open');

  const closed = once(page, 'close');
  await server[Symbol.asyncDispose]();
  await closed;
});

/** A page that is fed, what comes of its feed, and how it ends. */
async function fed(t: TestContext, feed: (signal: AbortSignal) => AsyncIterable<Buffer>) {
  const onUpgrade = feedWebSockets(async ({ path }) => (path === '/none' ? undefined : feed));
  const server = await listenTcp('127.0.0.1', 0, (_request, response) => response.end(), { onUpgrade });
  t.after(() => server[Symbol.asyncDispose]());
  return server.port;
}

test('a page is fed message by message, and told of the end', async (t) => {
  const port = await fed(t, async function* () {
    yield Buffer.from('one');
    yield Buffer.from('two');
  });
  const page = new WebSocket(`ws://127.0.0.1:${port}/feed`);
  const said: string[] = [];
  page.addEventListener('message', async ({ data }) => said.push(await data.text()));

  const [{ code }] = (await once(page, 'close')) as [CloseEvent];

  assert.deepEqual([said, code], [['one', 'two'], 1005]);
});

test('a feed that fails ends its page, and one that has gone ends its feed', async (t) => {
  const ended = Promise.withResolvers<void>();
  let count = 0;
  const port = await fed(t, async function* (signal) {
    count += 1;
    yield Buffer.from('one');
    if (count === 1) throw new Error('no more');
    signal.addEventListener('abort', () => ended.resolve());
    await ended.promise;
  });
  await once(new WebSocket(`ws://127.0.0.1:${port}/feed`), 'close');
  const leaves = new WebSocket(`ws://127.0.0.1:${port}/feed`);
  await once(leaves, 'message');

  leaves.close();

  await ended.promise;
});

test('a page that does not read misses what it was fed meanwhile: nothing piles up for it', async (t) => {
  const piece = Buffer.alloc(64 << 10);
  const pieces = 2000;
  const fedAll = Promise.withResolvers<void>();
  const port = await fed(t, async function* () {
    for (let count = 0; count < pieces; count += 1) {
      yield piece;
      await new Promise(setImmediate);
    }
    fedAll.resolve();
  });
  const words = [
    ...['GET /feed HTTP/1.1', 'host: x', 'connection: upgrade', 'upgrade: websocket'],
    ...['sec-websocket-version: 13', 'sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==', '', ''],
  ];
  const page = connect(port, '127.0.0.1').pause();
  page.write(words.join('\r\n'));
  await fedAll.promise;

  let got = 0;
  page.on('data', (bytes: Buffer) => {
    got += bytes.length;
    // The end, as its server says it.
    if (bytes.subarray(-2).equals(Buffer.of(0x88, 0))) page.end();
  });
  await once(page.resume(), 'close');

  assert.ok(got > piece.length, 'it was fed');
  assert.ok(got < (pieces * piece.length) / 4, `${got >> 20} MiB waited for it`);
});
