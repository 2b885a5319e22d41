import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Hono } from 'hono';
import { scratch } from '../../test/fakes/made-project.ts';
import type { Session } from './admission.ts';
import { Pages } from './app.ts';

const PORT = 4000;
const HOST = `127.0.0.1:${PORT}`;
const MINUTE_MS = 60_000;

/** A connection of a user’s program; of nobody’s, it has hung up. */
const from = (user?: number) => ({ user }) as unknown as Socket;
const [ALICE, BOB] = [from(1001), from(1002)];

/** Pages with a file, a question and something that changes; `clock.now` is the time. Alice asks, where nobody else is named. */
function made(t: TestContext, { sessions = [] }: { sessions?: readonly Session[] } = {}) {
  const folder = scratch(t);
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), '<p>the page');
  writeFileSync(join(folder, 'assets', 'a-1.js'), 'run()');
  writeFileSync(join(folder, 'secret.js'), 'no');
  const api = new Hono();
  api.get('/v1/status', (context) => context.json({ ok: true }));
  api.post('/v1/change', (context) => context.json({ changed: true }));
  const clock = { now: 0 };
  const kept: Session[] = [];
  const pages = new Pages({
    ...{ api, folder, clock: () => clock.now },
    onSessions: async (now) => void kept.splice(0, kept.length, ...now),
    userAt: async (socket) => (socket as unknown as { user?: number }).user,
  });
  pages.listensOn(PORT);
  pages.takeUp(sessions);
  const get = (path: string, headers: Record<string, string> = {}, method = 'GET', socket = ALICE) =>
    pages.app.request(path, { method, headers: { host: HOST, ...headers } }, { incoming: { socket } });
  return { pages, clock, get, kept };
}

/** The cookie that opening a link gives. */
async function admitted({ pages, get }: ReturnType<typeof made>): Promise<string> {
  const opened = await get(pages.link('/').slice(`http://${HOST}`.length));
  return opened.headers.get('set-cookie')?.split(';')[0] ?? '';
}

test('a link opens the pages once, for a session that scripts and other sites cannot use', async (t) => {
  const all = made(t);
  const path = all.pages.link('/machines/office').slice(`http://${HOST}`.length);

  const opened = await all.get(path);
  assert.match(opened.headers.get('set-cookie') ?? '', /^lazaret-4000=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
  assert.match(await opened.text(), /url=\/machines\/office"/);

  const again = await all.get(path);
  assert.equal(again.status, 403);
  assert.match(await again.text(), /PAGE_DENIED/);
});

test('a link is too old after two minutes, a session after twelve hours', async (t) => {
  const all = made(t);
  const path = all.pages.link('/').slice(`http://${HOST}`.length);
  const cookie = await admitted(all);
  all.clock.now = 2 * MINUTE_MS;
  assert.equal((await all.get(path)).status, 403);
  assert.equal((await all.get('/', { cookie })).status, 200);
  all.clock.now = 12 * 60 * MINUTE_MS;
  assert.equal((await all.get('/', { cookie })).status, 403);
});

test('a link leads to our own pages alone', async (t) => {
  const all = made(t);
  for (const to of ['//evil.example/', '/\\evil.example', 'https://evil.example/', 'javascript:x']) {
    const opened = await all.get(all.pages.link(to).slice(`http://${HOST}`.length));
    assert.match(await opened.text(), /url=\/"/);
  }
});

const REFUSED: [title: string, path: string, method: string, headers: Record<string, string>][] = [
  ['without a session', '/', 'GET', { cookie: '' }],
  ['with a guessed session', '/', 'GET', { cookie: `lazaret-4000=${'A'.repeat(43)}` }],
  ['for another port’s session', '/', 'GET', { cookie: 'lazaret-4001=x' }],
  ['under another name for this computer', '/', 'GET', { host: `evil.example:${PORT}` }],
  ['under no port', '/', 'GET', { host: '127.0.0.1' }],
  ['from another site', '/api/v1/status', 'GET', { origin: 'http://evil.example' }],
  ['from another port of this computer', '/api/v1/change', 'POST', { origin: 'http://127.0.0.1:4001' }],
  ['that changes something and names no origin', '/api/v1/change', 'POST', {}],
];

for (const [title, path, method, headers] of REFUSED) {
  test(`a request ${title} is refused with a code`, async (t) => {
    const all = made(t);
    const cookie = await admitted(all);
    const answer = await all.get(path, { cookie, ...headers }, method);
    assert.equal(answer.status, 403);
    assert.match(await answer.text(), /PAGE_DENIED/);
  });
}

test('a page that was let in asks and changes; every answer says what the page may do', async (t) => {
  const all = made(t);
  const cookie = await admitted(all);
  const changed = await all.get('/api/v1/change', { cookie, origin: `http://${HOST}` }, 'POST');
  assert.deepEqual(await changed.json(), { changed: true });
  for (const path of ['/', '/api/v1/status', '/machines/office', '/nothing'])
    assert.match((await all.get(path, { cookie })).headers.get('content-security-policy') ?? '', /default-src 'none'/);
});

test('files of the page are served, and nothing beside them', async (t) => {
  const all = made(t);
  const cookie = await admitted(all);
  assert.equal(await (await all.get('/assets/a-1.js', { cookie })).text(), 'run()');
  for (const path of ['/assets/..%2Fsecret.js', '/assets/%2e%2e/secret.js', '/assets/none.js', '/assets/a-1.exe'])
    assert.doesNotMatch(await (await all.get(path, { cookie })).text(), /^no$|run\(\)/);
});

test('a connection that stays needs the session and our own origin', async (t) => {
  const all = made(t);
  const cookie = await admitted(all);
  const origin = `http://${HOST}`;
  const ours = { host: HOST, origin, cookie: `a=b; ${cookie}`, socket: ALICE };
  assert.equal(await all.pages.isAdmitted(ours), true);
  const others = { origin: 'http://evil.example', cookie: undefined, socket: BOB };
  for (const [name, other] of Object.entries(others))
    assert.equal(await all.pages.isAdmitted({ ...ours, [name]: other }), false, name);
  assert.equal(await all.pages.isAdmitted({ ...ours, origin: undefined }), false);
  assert.equal(await all.pages.isAdmitted({ ...ours, host: 'evil.example', origin: 'http://evil.example' }), false);
});

test('a session is good for the user whose browser opened the link, and not for who got hold of it', async (t) => {
  const all = made(t);
  const cookie = await admitted(all);
  assert.equal((await all.get('/api/v1/status', { cookie })).status, 200);
  for (const socket of [BOB, from(0), from()])
    assert.equal((await all.get('/api/v1/status', { cookie }, 'GET', socket)).status, 403);
  const link = all.pages.link('/').slice(`http://${HOST}`.length);
  assert.equal((await all.get(link, {}, 'GET', from())).status, 403, 'nobody’s browser');
  assert.equal((await all.get(link)).status, 200, 'the link was not used up');
});

test('what is kept of a session opens nothing, and lets the same browser go on elsewhere, no longer than before', async (t) => {
  const first = made(t);
  const cookie = await admitted(first);
  const [, secret = ''] = cookie.split('=');
  assert.equal(first.kept.length, 1);
  assert.doesNotMatch(JSON.stringify(first.kept), new RegExp(secret));

  const second = made(t, { sessions: first.kept });
  assert.equal((await second.get('/', { cookie })).status, 200);
  assert.equal((await second.get('/', { cookie }, 'GET', BOB)).status, 403);
  const guessed = `lazaret-${PORT}=${first.kept[0]?.digest}`;
  assert.equal((await second.get('/', { cookie: guessed })).status, 403);
  second.clock.now = 12 * 60 * MINUTE_MS;
  assert.equal((await second.get('/', { cookie })).status, 403);
  const [kept] = first.kept;
  const longer = made(t, { sessions: kept ? [{ ...kept, until: kept.until + 1 }] : [] });
  assert.equal((await longer.get('/', { cookie })).status, 403, 'none is good for longer than a new one');
});
