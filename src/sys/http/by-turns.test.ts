import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { byTurns, COUNTS_MS, MOST_BEGUN } from './by-turns.ts';
import { listenTcp } from './http-server.ts';

class Connection extends EventEmitter {
  destroyed = false;
  hangUp(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

/** Who asks by names, and the names of those that have begun, as they do; an answer begins when it is told to. */
function line(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const begun: string[] = [];
  const answers = new Map<string, () => Promise<void>>();
  const listener = byTurns((request) => void begun.push(request.url ?? ''));
  const ask = (connection: Connection, name: string) => {
    const response = Object.assign(new EventEmitter(), { writeHead: () => undefined });
    answers.set(name, async () => void response.writeHead());
    const request = { socket: connection, url: name };
    listener(request as unknown as IncomingMessage, response as unknown as ServerResponse & { req: IncomingMessage });
  };
  const answer = async (name: string) => answers.get(name)?.();
  return { begun, ask, answer };
}

const names = (count: number, of = '') => Array.from({ length: count }, (_none, at) => `${of}${at}`);

test('of many who ask at once a few begin, in their order, and the next one as the answer to one of these begins', async (t) => {
  const { begun, ask, answer } = line(t);
  const all = names(20);
  for (const name of all) ask(new Connection(), name);
  for (const [at, name] of all.entries()) {
    assert.deepEqual(begun, all.slice(0, MOST_BEGUN + at));
    await answer(name);
  }
});

test('those that take long, as a start does, do not keep others waiting, and are not counted twice', async (t) => {
  const { begun, ask, answer } = line(t);
  const all = names(20);
  for (const name of all) ask(new Connection(), name);
  t.mock.timers.tick(COUNTS_MS);
  assert.deepEqual(begun, all.slice(0, 2 * MOST_BEGUN));
  await answer('0');
  assert.deepEqual(begun, all.slice(0, 2 * MOST_BEGUN));
});

test('who asks ahead waits behind each other connection with each of his requests', async (t) => {
  const { begun, ask, answer } = line(t);
  const ahead = new Connection();
  for (const name of names(16, 'ahead')) ask(ahead, name);
  const others = names(MOST_BEGUN + 1, 'other');
  for (const name of others) ask(new Connection(), name);
  assert.deepEqual(begun, ['ahead0', ...others.slice(0, MOST_BEGUN - 1)]);
  await answer('ahead0');
  await answer('other0');
  assert.deepEqual(begun.slice(MOST_BEGUN), others.slice(MOST_BEGUN - 1));
  await answer('other1');
  assert.equal(begun.at(-1), 'ahead1');
});

test('who has hung up is not worked for, whatever he had asked', (t) => {
  const { begun, ask } = line(t);
  const gone = [new Connection(), new Connection()] as const;
  ask(gone[0], 'working');
  ask(gone[0], 'behind it');
  for (const name of names(MOST_BEGUN)) ask(new Connection(), name);
  ask(gone[1], 'waiting');
  for (const connection of gone) connection.hangUp();
  t.mock.timers.tick(COUNTS_MS);
  assert.deepEqual(begun, ['working', ...names(MOST_BEGUN)]);
});

test('answers that go on, as events do, count no more once they have begun', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const live = (_request: unknown, response: ServerResponse) => void response.writeHead(200).write('ready');
  await using server = await listenTcp('127.0.0.1', 0, live, { isLocal: true });
  for (let at = 0; at < 3 * MOST_BEGUN; at += 1) {
    const socket = connect(server.port, '127.0.0.1');
    t.after(() => socket.destroy());
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.match(`${(await once(socket, 'data'))[0]}`, /^HTTP\/1\.1 200 /);
  }
});
