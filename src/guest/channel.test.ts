import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { lineServer } from '../../test/fakes/line-server.ts';
import { scratch } from '../../test/fakes/made-project.ts';
import { GuestChannel } from './channel.ts';

const request = (id: string, descriptor = '0x1') =>
  `${JSON.stringify({ v: 1, id, cmd: 'nq-set', dry: false, descriptor })}\n`;

test('requests are answered one after the other, by id', async (t) => {
  const { path, peer } = await lineServer(t, scratch(t));
  let atWork = 0;
  await using _channel = await GuestChannel.connect(
    path,
    async (request) => {
      const descriptor = request.cmd === 'nq-set' ? request.descriptor : '';
      atWork += 1;
      assert.equal(atWork, 1);
      await Promise.resolve();
      atWork -= 1;
      return { ok: descriptor === 'good', reason: descriptor };
    },
    (error) => assert.fail(String(error)),
  );
  const guest = await peer;

  guest.write(request('a', 'good') + request('b', 'bad'));
  let text = '';
  while (text.split('\n').length < 3) text += (await once(guest, 'data'))[0];

  assert.equal(text, '{"id":"a","ok":true,"reason":"good"}\n{"id":"b","ok":false,"reason":"bad"}\n');
});

test('10 MB without an end cost one line of memory, and the next request is answered', async (t) => {
  const { path, peer } = await lineServer(t, scratch(t));
  await using _channel = await GuestChannel.connect(
    path,
    async () => ({ ok: true, reason: '' }),
    (error) => assert.fail(String(error)),
  );
  const guest = await peer;
  const before = process.memoryUsage().external;

  guest.write(Buffer.alloc(10 << 20, 0x41));
  guest.write(`\n${request('after')}`);
  const [answer] = await once(guest, 'data');

  assert.match(String(answer), /"id":"after","ok":true/);
  assert.ok(process.memoryUsage().external - before < 30 << 20);
});

test('a host that fails refuses, and says nothing of its insides', async (t) => {
  const { path, peer } = await lineServer(t, scratch(t));
  const failures: unknown[] = [];
  await using _channel = await GuestChannel.connect(
    path,
    async () => {
      throw new Error('/var/lib/secret is full');
    },
    (error) => failures.push(error),
  );
  const guest = await peer;

  guest.write(request('a'));
  const [answer] = await once(guest, 'data');

  assert.match(String(answer), /"ok":false/);
  assert.doesNotMatch(String(answer), /secret/);
  assert.equal(failures.length, 1);
});

test('a flood is refused without being judged', async (t) => {
  const { path, peer } = await lineServer(t, scratch(t));
  let judged = 0;
  await using _channel = await GuestChannel.connect(
    path,
    async () => {
      judged += 1;
      return { ok: true, reason: '' };
    },
    (error) => assert.fail(String(error)),
  );
  const guest = await peer;

  guest.write(Array.from({ length: 200 }, (_, index) => request(`${index}`)).join(''));
  let text = '';
  while (text.split('\n').length < 201) text += (await once(guest, 'data'))[0];

  assert.ok(judged >= 5 && judged < 20, `${judged} judged`);
  assert.match(text, /too many requests/);
});
