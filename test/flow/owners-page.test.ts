import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Hono } from 'hono';
import { WebSocket } from 'ws';
import { OpenPages } from '../../src/daemon/doors/open-pages.ts';
import { Player } from '../../src/daemon/doors/page.ts';
import type { Asker } from '../../src/install/state/machine/owner.ts';
import { EventLog } from '../../src/run/computer/events.ts';
import { machineSockets } from '../../src/run/machine/record.ts';
import { scratch } from '../fakes/made-project.ts';

const [ALICE, BOB] = [1001, 1002];
const RFB = 'RFB 003.008\n';

/** A computer on which Alice’s machine `office` runs, and the player of whoever asks for it. */
async function running(t: TestContext) {
  const folder = scratch(t);
  writeFileSync(join(folder, 'index.html'), '<p>the page');
  const runFolder = join(folder, 'run');
  const { vnc } = machineSockets(runFolder);
  mkdirSync(dirname(vnc), { recursive: true });
  const screen = createServer((socket) => socket.on('error', () => socket.destroy()).write(RFB)).listen(vnc);
  t.after(() => screen.close());
  const events = new EventLog(join(folder, 'events.jsonl'), { ownerOf: async () => ALICE });
  const world = { isConnected: true, heard: [] as string[] };
  const plays = async function* () {
    yield Buffer.from('a tone');
  };
  const hears = async (speech: AsyncIterable<Buffer>) => {
    for await (const said of speech) {
      world.heard.push(String(said));
      return;
    }
  };
  const supervisor = {
    events,
    machines: {
      find: (vm: string) =>
        vm === 'office'
          ? {
              spec: { runFolder, owner: ALICE },
              hear: async () => (world.isConnected ? plays : undefined),
              speak: async () => (world.isConnected ? hears : undefined),
            }
          : undefined,
    },
  };
  const player = (asker: Asker) => {
    const made = new Player({
      asker,
      supervisor,
      api: new Hono(),
      folder,
      clock: Date.now,
      open: new OpenPages(() => undefined),
    });
    t.after(() => made[Symbol.asyncDispose]());
    return made;
  };
  return { player, events, world };
}

/** What a browser has that came by a link: where the page is, and its session. */
async function opened(player: Player): Promise<{ origin: string; cookie: string; link: URL }> {
  const link = new URL(await player.link('/'));
  const { headers } = await fetch(link);
  return { link, origin: link.origin, cookie: headers.get('set-cookie')?.split(';')[0] ?? '' };
}

/** The first bytes of a machine’s screen or of its sound, or the status of the refusal. */
function screenOf(
  { origin, cookie }: { origin: string; cookie: string },
  { what = 'console', from = origin } = {},
): Promise<string | number> {
  const socket = new WebSocket(`${origin.replace('http', 'ws')}/api/v1/machines/office/${what}`, {
    headers: { origin: from, cookie },
  });
  return new Promise((resolve, reject) => {
    socket.once('unexpected-response', (_request, { statusCode = 0 }) => resolve(statusCode));
    socket.once('message', (bytes) => resolve(String(bytes)));
    socket.on('error', reject);
  }).finally(() => socket.terminate()) as Promise<string | number>;
}

/** Whether what is said is taken: the machine ends the talk. */
function spokenTo(
  { origin, cookie, from = origin }: { origin: string; cookie: string; from?: string },
  word: string,
): Promise<string | number> {
  const socket = new WebSocket(`${origin.replace('http', 'ws')}/api/v1/machines/office/microphone`, {
    headers: { origin: from, cookie },
  });
  return new Promise<string | number>((resolve, reject) => {
    socket.once('unexpected-response', (_request, { statusCode = 0 }) => resolve(statusCode));
    socket.once('open', () => socket.send(word));
    socket.once('close', () => resolve('taken'));
    socket.on('error', reject);
  }).finally(() => socket.terminate());
}

test('a page shows the screen of a machine to its user and root, and nobody else', async (t) => {
  const { player } = await running(t);
  const rows: [Asker, string | number][] = [
    [ALICE, RFB],
    [0, RFB],
    [BOB, 403],
    ['anybody', 403],
  ];
  for (const [asker, expected] of rows) assert.equal(await screenOf(await opened(player(asker))), expected, `${asker}`);
});

test('a page plays the sound of a machine to its user and root, while it may be heard, and to nobody else', async (t) => {
  const { player, world } = await running(t);
  const rows: [Asker, string | number][] = [
    [ALICE, 'a tone'],
    [0, 'a tone'],
    [BOB, 403],
    ['anybody', 403],
  ];
  const what = 'sound';
  for (const [asker, expected] of rows)
    assert.equal(await screenOf(await opened(player(asker)), { what }), expected, `${asker}`);
  const hers = await opened(player(ALICE));
  assert.equal(await screenOf(hers, { what, from: 'http://elsewhere.example' }), 403, 'another page’s');
  assert.equal(await screenOf({ ...hers, cookie: '' }, { what }), 403, 'without a session');
  world.isConnected = false;
  assert.equal(await screenOf(hers, { what }), 403, 'it is not connected');
});

test('a page speaks to a machine of its user’s, while that may hear, and nobody else does', async (t) => {
  const { player, world } = await running(t);
  const hers = await opened(player(ALICE));
  assert.equal(await spokenTo(hers, 'a word'), 'taken');
  assert.deepEqual(world.heard, ['a word']);
  assert.equal(await spokenTo(await opened(player(BOB)), 'a word'), 403);
  assert.equal(await spokenTo({ ...hers, from: 'http://elsewhere.example' }, 'a word'), 403, 'another page’s');
  assert.equal(await spokenTo({ ...hers, cookie: '' }, 'a word'), 403, 'without a session');
  world.isConnected = false;
  assert.equal(await spokenTo(hers, 'a word'), 403, 'it is not connected');
  assert.deepEqual(world.heard, ['a word']);
});

test('a link and a session open the page of the user who asked for them, and no other’s', async (t) => {
  const { player } = await running(t);
  const [hers, his] = [player(ALICE), player(BOB)];
  const [alices, bobs] = [await opened(hers), await opened(his)];

  const link = new URL(await his.link('/'));
  link.port = alices.link.port;
  assert.equal((await fetch(link)).status, 403, 'his link at her page');
  const named = bobs.cookie.replace(/^lazaret-\d+/, `lazaret-${alices.link.port}`);
  assert.equal((await fetch(alices.origin, { headers: { cookie: named } })).status, 403, 'his session at her page');
  assert.equal(await screenOf({ origin: alices.origin, cookie: named }), 403);
  assert.equal((await fetch(alices.origin, { headers: { cookie: alices.cookie } })).status, 200);
});

test('a page that follows events hears of its user’s machines, and of what is everybody’s', async (t) => {
  const { player, events } = await running(t);
  const heard = async (asker: Asker) => {
    const { origin, cookie } = await opened(player(asker));
    const { body } = await fetch(`${origin}/api/v1/live`, { headers: { cookie } });
    return (body ?? assert.fail('no answer')).pipeThrough(new TextDecoderStream()).getReader();
  };
  const [hers, his] = [await heard(ALICE), await heard(BOB)];
  for (const reader of [hers, his]) await reader.read();

  await events.add({ vm: 'office', kind: 'started', text: 'hers' });
  await events.add({ kind: 'network', text: 'for all' });

  const until = async (reader: typeof hers) => {
    let text = '';
    while (!text.includes('for all')) text += (await reader.read()).value ?? '';
    await reader.cancel();
    return text;
  };
  assert.match(await until(hers), /hers/);
  assert.doesNotMatch(await until(his), /hers|office/);
});
