import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { scratch } from '../../../test/fakes/made-project.ts';
import { listenTcp } from '../http/http-server.ts';
import { completeFile } from './download.ts';
import { addressOf, sourceAt } from './fetch.ts';
import { folderSource } from './folder-source.ts';
import { fetchBytes, type Source } from './source.ts';

const code = (wanted: string) => ({ name: 'AppError', code: wanted });

async function server(t: TestContext, answer: Parameters<typeof listenTcp>[2]): Promise<Source> {
  const listening = await listenTcp('127.0.0.1', 0, answer);
  t.after(() => listening[Symbol.asyncDispose]());
  return sourceAt(new URL(`http://127.0.0.1:${listening.port}/`));
}

test('bytes come from files and from web servers alike', async (t) => {
  const folder = scratch(t);
  writeFileSync(join(folder, 'a b'), 'from a file');
  const web = await server(t, (_request, response) => response.end('from the web'));

  assert.equal(String(await fetchBytes(sourceAt(addressOf(folder)), 'a b', { maxBytes: 100 })), 'from a file');
  assert.equal(String(await fetchBytes(web, 'x', { maxBytes: 100 })), 'from the web');
});

test('nothing is remembered of what was fetched', async (t) => {
  const web = await server(t, (_request, response) => response.end('from the web'));

  for (let time = 0; time < 5; time += 1) await fetchBytes(web, 'x', { maxBytes: 100 });
  await new Promise((done) => setImmediate(done));

  assert.deepEqual(performance.getEntriesByType('resource'), []);
});

test('an answer without end is given up at its cap', async (t) => {
  const web = await server(t, (_request, response) => {
    const more = () => response.write(Buffer.alloc(65_536)) && setImmediate(more);
    response.on('drain', more);
    more();
  });

  await assert.rejects(fetchBytes(web, 'x', { maxBytes: 1 << 20 }), code('FETCH_TOO_LARGE'));
  await assert.rejects(completeFile(web, 'x', join(scratch(t), 'f'), { maxBytes: 1 << 20 }), code('FETCH_TOO_LARGE'));
});

const STATUSES: [status: number, wanted: string][] = [
  [404, 'FETCH_MISSING'],
  [403, 'FETCH_MISSING'],
  [500, 'FETCH_FAILED'],
  [204, 'FETCH_FAILED'],
];

for (const [status, wanted] of STATUSES) {
  test(`status ${status} is ${wanted}`, async (t) => {
    const web = await server(t, (_request, response) => response.writeHead(status).end());

    await assert.rejects(fetchBytes(web, 'x', { maxBytes: 10 }), code(wanted));
  });
}

test('redirects are followed three times, and never to where it is less safe', async (t) => {
  const web = await server(t, (request, response) => {
    const left = Number(/\d+/.exec(request.url ?? '')?.[0] ?? 0);
    if (request.url === '/away') return response.writeHead(302, { location: 'file:///etc/passwd' }).end();
    if (left === 0) return response.end('there');
    return response.writeHead(302, { location: `/${left - 1}` }).end();
  });

  assert.equal(String(await fetchBytes(web, '3', { maxBytes: 10 })), 'there');
  await assert.rejects(fetchBytes(web, '4', { maxBytes: 10 }), code('FETCH_FAILED'));
  await assert.rejects(fetchBytes(web, 'away', { maxBytes: 10 }), code('FETCH_FAILED'));
});

test('nobody there, a folder, a device and a missing file each have a code', async (t) => {
  const folder = scratch(t);
  mkdirSync(join(folder, 'inner'));

  await assert.rejects(
    fetchBytes(sourceAt(new URL('http://127.0.0.1:1/')), 'x', { maxBytes: 10 }),
    code('FETCH_FAILED'),
  );
  await assert.rejects(fetchBytes(folderSource(folder), 'none', { maxBytes: 10 }), code('FETCH_MISSING'));
  symlinkSync('/etc/passwd', join(folder, 'link'));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  for (const name of ['inner', 'link', 'pipe'])
    await assert.rejects(fetchBytes(folderSource(folder), name, { maxBytes: 10 }), code('MEDIA_INVALID'), name);
  await assert.rejects(fetchBytes(folderSource('/dev'), 'zero', { maxBytes: 10 }), code('MEDIA_INVALID'));
  assert.throws(() => addressOf('gopher://x/'), code('USAGE'));
});

test('a slow server and an interruption end the waiting', async (t) => {
  const web = await server(t, () => undefined);
  const stop = new AbortController();
  setImmediate(() => stop.abort());

  await assert.rejects(fetchBytes(web, 'x', { maxBytes: 10, timeoutMs: 50 }), code('FETCH_FAILED'));
  await assert.rejects(fetchBytes(web, 'x', { maxBytes: 10, signal: stop.signal }), code('INTERRUPTED'));
});

test('a file is written whole', async (t) => {
  const folder = scratch(t);
  const web = await server(t, (_request, response) => response.end('x'.repeat(100_000)));

  await completeFile(web, 'x', join(folder, 'f'), { maxBytes: 100_000 });

  assert.equal(readFileSync(join(folder, 'f')).length, 100_000);
  assert.deepEqual(readdirSync(folder), ['f']);
});
