import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { scratch } from '../../../test/fakes/made-project.ts';
import { createServer } from './http.ts';
import { askUnix } from './http-client.ts';

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
