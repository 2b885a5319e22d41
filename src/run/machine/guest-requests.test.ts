import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GuestRequests } from './guest-requests.ts';

const NOBODY = { answer: () => Promise.reject(new Error('nobody is to be asked')) };
const HELLO = { v: 1, id: 'a', cmd: 'hello', healthy: true } as const;

test('what a guest said of itself is known until it is reset', async () => {
  const requests = new GuestRequests(NOBODY, {});
  assert.equal(requests.word, undefined);

  assert.equal((await requests.answer({ ...HELLO, port: 'serial' }, 0)).ok, true);
  assert.deepEqual(requests.word, { healthy: true, port: 'serial' });
  await requests.answer({ ...HELLO, healthy: false }, 0);
  assert.deepEqual(requests.word, { healthy: false, port: 'virtio' }, 'tools that speak over virtio do not say so');

  requests.beginAgain();
  assert.equal(requests.word, undefined);
});

test('a guest that asks for the time gets seconds since 1970', async () => {
  const requests = new GuestRequests(NOBODY, {}, () => 1_764_356_777_900);

  assert.deepEqual(await requests.answer({ v: 1, id: 'a', cmd: 'clock' }, 0), { ok: true, reason: '1764356777' });
});
