import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { keptBytes } from '../../test/fakes/kept-bytes.ts';
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
    { onFailure: (error) => assert.fail(String(error)) },
  );
  const guest = await peer;

  guest.write(request('a', 'good') + request('b', 'bad'));
  let text = '';
  while (text.split('\n').length < 3) text += (await once(guest, 'data'))[0];

  assert.equal(text, '{"id":"a","ok":true,"reason":"good"}\n{"id":"b","ok":false,"reason":"bad"}\n');
});

test('10 MB without an end cost one line of memory, and the next request is answered', async (t) => {
  const { path, peer } = await lineServer(t, scratch(t));
  await using _channel = await GuestChannel.connect(path, async () => ({ ok: true, reason: '' }), {
    onFailure: (error) => assert.fail(String(error)),
  });
  const guest = await peer;
  const enough = (await keptBytes(0)) + (5 << 20);
  const send = promisify((bytes: Buffer | string, done: (error?: Error | null) => void) => guest.write(bytes, done));

  await send(Buffer.alloc(10 << 20, 0x41));
  assert.ok((await keptBytes(enough)) <= enough);
  await send(`\n${request('after')}`);
  const [answer] = await once(guest, 'data');
  assert.match(String(answer), /"id":"after","ok":true/);
});

test('a line end ends what another program left half said, and costs no request', async (t) => {
  const { path, peer } = await lineServer(t, scratch(t));
  await using _channel = await GuestChannel.connect(path, async () => ({ ok: true, reason: '' }), {
    ...{ onFailure: (error) => assert.fail(String(error)), clock: () => 0 },
  });
  const guest = await peer;

  guest.write(`${request('cut').slice(0, 20)}${'\n'.repeat(100)}`);
  for (const id of ['1', '2', '3', '4']) {
    guest.write(`\n${request(id)}`);
    assert.equal(String((await once(guest, 'data'))[0]), `{"id":"${id}","ok":true,"reason":""}\n`);
  }
});

test('a host that fails refuses, and says nothing of its insides', async (t) => {
  const { path, peer } = await lineServer(t, scratch(t));
  const failures: unknown[] = [];
  await using _channel = await GuestChannel.connect(
    path,
    async () => {
      throw new Error('/var/lib/secret is full');
    },
    { onFailure: (error) => failures.push(error) },
  );
  const guest = await peer;

  guest.write(request('a'));
  const [answer] = await once(guest, 'data');

  assert.match(String(answer), /"ok":false/);
  assert.doesNotMatch(String(answer), /secret/);
  assert.equal(failures.length, 1);
});

test('a flood is refused once, without being judged; an honest request just behind it is heard', async (t) => {
  const { path, peer } = await lineServer(t, scratch(t));
  let now = 0;
  let judged = 0;
  await using _channel = await GuestChannel.connect(
    path,
    async () => {
      judged += 1;
      return { ok: true, reason: '' };
    },
    { onFailure: (error) => assert.fail(String(error)), clock: () => now },
  );
  const guest = await peer;
  let text = '';
  guest.on('data', (chunk) => {
    text += chunk;
  });
  guest.write(Array.from({ length: 2000 }, (_, index) => request(`${index}`)).join(''));
  while (!text.includes('too many')) await once(guest, 'data');

  while (!text.includes('"after","ok":true')) {
    now += 1000;
    guest.write(request('after'));
    await once(guest, 'data');
  }

  assert.ok(judged < 9, `${judged}`);
  assert.ok(text.split('\n').length < 10, text);
});

test('a guest that never reads answers costs the host one, and nothing is judged meanwhile', async (t) => {
  const { path, peer } = await lineServer(t, scratch(t));
  let [now, judged] = [0, 0];
  await using _channel = await GuestChannel.connect(
    path,
    async () => {
      judged += 1;
      now += 1000;
      return { ok: true, reason: 'x'.repeat(500) };
    },
    { onFailure: (error) => assert.fail(String(error)), clock: () => now },
  );
  const guest = await peer;
  guest.pause();
  const asked = 20_000;
  guest.write(Array.from({ length: asked }, (_, index) => request(`${index}`)).join(''));

  // Until nothing more is judged: what the kernel holds of unread answers is full.
  for (let before = -1; before !== judged; await sleep(200)) before = judged;
  assert.ok(judged < asked / 10, `${judged} of ${asked}`);

  let answers = 0;
  guest.on('data', (chunk) => {
    answers += String(chunk).split('\n').length - 1;
  });
  guest.resume();
  while (answers < asked) await once(guest, 'data');
  assert.equal(judged, asked, 'once it reads, it is heard');
});

test('a request that had to wait for its turn is known to have waited', async (t) => {
  const { path, peer } = await lineServer(t, scratch(t));
  let now = 0;
  const waitedMs: number[] = [];
  await using _channel = await GuestChannel.connect(
    path,
    async (_request, readAt) => {
      waitedMs.push(performance.now() - readAt);
      return { ok: true, reason: '' };
    },
    { onFailure: (error) => assert.fail(String(error)), clock: () => now },
  );
  const guest = await peer;
  guest.resume();
  guest.write(['1', '2', '3', '4', '5', '6'].map((id) => request(id)).join(''));
  while (waitedMs.length < 5) await sleep(5);
  await sleep(50);
  now += 1000;
  while (waitedMs.length < 6) await sleep(5);

  assert.ok((waitedMs[5] ?? 0) >= 40, waitedMs.join());
});
