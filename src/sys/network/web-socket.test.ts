import assert from 'node:assert/strict';
import { once } from 'node:events';
import { symlinkSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { scratch } from '../../../test/fakes/made-project.ts';
import { listenTcp } from './http-server.ts';
import { bridgeWebSockets } from './web-socket.ts';

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
