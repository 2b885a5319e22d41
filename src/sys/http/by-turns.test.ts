import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type TestContext, test } from 'node:test';
import { byTurns, COUNTS_MS, MOST_BEGUN } from './by-turns.ts';

/** As many as ask at once, by number; who has begun; and what ends one. */
function asked(t: TestContext, count: number) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const begun: ServerResponse[] = [];
  const listener = byTurns((_request, response) => void begun.push(response as ServerResponse));
  const asking = Array.from({ length: count }, () => {
    const request = { socket: { destroyed: false } };
    const response = new EventEmitter();
    return { request, response };
  });
  for (const { request, response } of asking)
    listener(request as IncomingMessage, response as ServerResponse & { req: IncomingMessage });
  const numbers = () => begun.map((one) => asking.findIndex(({ response }) => response === one));
  return { asking, numbers };
}

const first = (count: number) => Array.from({ length: count }, (_none, at) => at);

test('of many who ask at once a few begin, in their order, and the next one when one of these was answered', (t) => {
  const { asking, numbers } = asked(t, 20);
  for (let answered = 0; answered + MOST_BEGUN <= asking.length; answered += 1) {
    assert.deepEqual(numbers(), first(MOST_BEGUN + answered));
    asking[answered]?.response.emit('close');
  }
});

test('those that take long, as a start does, do not keep others waiting, and are not counted twice', (t) => {
  const { asking, numbers } = asked(t, 20);
  t.mock.timers.tick(COUNTS_MS);
  assert.deepEqual(numbers(), first(2 * MOST_BEGUN));
  asking[0]?.response.emit('close');
  assert.deepEqual(numbers(), first(2 * MOST_BEGUN));
});

test('who has gone before it was his turn is not worked for', (t) => {
  const { asking, numbers } = asked(t, 3 * MOST_BEGUN);
  for (const { request } of asking.slice(MOST_BEGUN, 2 * MOST_BEGUN)) request.socket.destroyed = true;
  t.mock.timers.tick(COUNTS_MS);
  assert.deepEqual(numbers(), [...first(MOST_BEGUN), ...first(3 * MOST_BEGUN).slice(2 * MOST_BEGUN)]);
});
