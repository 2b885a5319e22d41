import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { scratch } from '../../../test/fakes/made-project.ts';
import { createServer } from './http.ts';
import { askUnix, openStream } from './http-client.ts';
import { listenUnix, MOST_CONNECTIONS } from './http-server.ts';

test('each question to the service has a connection of its own: none meets one that is closed in that moment', async (t) => {
  const socket = join(scratch(t), 'd.sock');
  let connections = 0;
  const server = createServer((_request, response) => void response.end('{"said":true}'));
  server.on('connection', () => {
    connections += 1;
  });
  await once(server.listen(socket), 'listening');
  t.after(() => server.close());

  for (const asked of [1, 2, 3]) {
    const { lines } = await askUnix(socket, { method: 'GET', path: '/' });
    assert.deepEqual(await Array.fromAsync(lines), [{ said: true }]);
    assert.equal(connections, asked);
  }
});

test('a service that has as many connections as it takes is not said to be away', async (t) => {
  const socket = join(scratch(t), 'd.sock');
  const ask = async () => (await askUnix(socket, { method: 'GET', path: '/' })).status;
  await assert.rejects(ask(), { code: 'DAEMON_UNREACHABLE' });
  await using _server = await listenUnix(socket, (_request, response) => response.end(), {});
  const others = Array.from({ length: MOST_CONNECTIONS }, () => connect(socket));
  t.after(() => others.forEach((other) => void other.destroy()));
  await Promise.all(others.map((other) => once(other, 'connect')));

  await assert.rejects(ask(), { code: 'DAEMON_HANGS_UP' });
  await assert.rejects(openStream(socket, '/'), { code: 'DAEMON_HANGS_UP' });
});

test('a service that ends before it has answered is away, and does not hang up', async (t) => {
  const socket = join(scratch(t), 'd.sock');
  const asked = Promise.withResolvers<void>();
  const server = await listenUnix(socket, () => asked.resolve(), {});
  const answer = askUnix(socket, { method: 'GET', path: '/' });
  await asked.promise;
  await Promise.all([server[Symbol.asyncDispose](), assert.rejects(answer, { code: 'DAEMON_UNREACHABLE' })]);
});
