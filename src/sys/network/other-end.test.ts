import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { userAtOtherEnd } from './other-end.ts';

const STRANGER = 47_101;
const CALLS = `require('node:net').connect(+process.argv[1], '127.0.0.1'); setTimeout(() => undefined, 1e9)`;

/** A server, and the connection of who came last. */
async function listening(t: TestContext) {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const next = async (): Promise<Socket> => {
    const [socket] = await once(server, 'connection');
    t.after(() => socket.destroy());
    return socket.on('error', () => undefined);
  };
  return { port, next };
}

test('whose program is at the other end of a connection is known, and told once for all of it', async (t) => {
  const { port, next } = await listening(t);
  const coming = next();
  const own = connect(port, '127.0.0.1');
  t.after(() => own.destroy());
  const socket = await coming;
  assert.equal(await userAtOtherEnd(socket), process.getuid?.());
  own.destroy();
  await once(socket.resume(), 'end');
  assert.equal(await userAtOtherEnd(socket), process.getuid?.());
});

test('another user’s program is another user’s', {
  skip: process.getuid?.() === 0 ? false : 'only root is several users',
}, async (t) => {
  const { port, next } = await listening(t);
  const coming = next();
  const child = spawn(process.execPath, ['-e', CALLS, `${port}`], { uid: STRANGER, gid: STRANGER, stdio: 'inherit' });
  t.after(async () => {
    child.kill();
    await once(child, 'exit');
  });
  assert.equal(await userAtOtherEnd(await coming), STRANGER);
});

test('who has hung up is nobody, and not root', async (t) => {
  const { port, next } = await listening(t);
  const coming = next();
  connect(port, '127.0.0.1').end();
  const socket = await coming;
  await once(socket.resume(), 'end');
  assert.equal(await userAtOtherEnd(socket), undefined);
});
