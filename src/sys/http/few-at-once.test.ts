import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { MOST_AT_ONCE } from './few-at-once.ts';
import { listenTcp } from './http-server.ts';

const ASKED = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

/** A connection to a server with this listener. */
async function connected(t: TestContext, listener: RequestListener) {
  const server = await listenTcp('127.0.0.1', 0, listener);
  t.after(() => server[Symbol.asyncDispose]());
  const socket = connect(server.port, '127.0.0.1');
  t.after(() => socket.destroy());
  return socket.on('error', () => undefined);
}

test('a connection that asks without waiting for answers is ended, and little of it was kept', async (t) => {
  let asked = 0;
  const socket = await connected(t, () => {
    asked += 1;
  });
  socket.write(ASKED.repeat(10_000));
  await new Promise((resolve) => socket.once('close', resolve));
  assert.equal(asked, MOST_AT_ONCE);
});

test('who asks ahead for a few is answered in his order, however often', async (t) => {
  const waiting: (() => void)[] = [];
  let asked = 0;
  const socket = await connected(t, (_request, response) => {
    const name = `<${asked}>`;
    asked += 1;
    waiting.push(() => void response.end(name));
    if (waiting.length === MOST_AT_ONCE) for (const answer of waiting.splice(0).reverse()) answer();
  });
  let said = '';
  socket.on('data', (bytes) => {
    said += bytes;
  });
  const names = Array.from({ length: 3 * MOST_AT_ONCE }, (_none, at) => `<${at}>`);
  for (let first = 0; first < names.length; first += MOST_AT_ONCE) {
    socket.write(ASKED.repeat(MOST_AT_ONCE));
    while (!said.includes(names[first + MOST_AT_ONCE - 1] ?? '')) await once(socket, 'data');
  }
  assert.deepEqual(said.match(/<\d+>/g), names);
});
