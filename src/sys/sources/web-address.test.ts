import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { listenTcp } from '../http/http-server.ts';
import { addressOf, sourceAt } from './fetch.ts';
import { fetchBytes, openCounted } from './source.ts';

async function port(t: TestContext, answer: Parameters<typeof listenTcp>[2]): Promise<number> {
  const listening = await listenTcp('127.0.0.1', 0, answer);
  t.after(() => listening[Symbol.asyncDispose]());
  return listening.port;
}

test('user and password of an address are a header, its query stays, and no message has either', async (t) => {
  const asked: unknown[] = [];
  const at = await port(t, ({ url, headers }, response) => {
    asked.push([url, headers.authorization]);
    response.writeHead(404).end();
  });
  const source = sourceAt(addressOf(`http://joe:s%40cret@127.0.0.1:${at}/packages?sig=token`));

  const failed = await fetchBytes(source, 'a/b', { maxBytes: 10 }).catch((error: unknown) => error);

  assert.deepEqual(asked, [['/packages/a/b?sig=token', `Basic ${btoa('joe:s@cret')}`]]);
  assert.ok(failed instanceof Error);
  const told = JSON.stringify([source.name, failed.message, failed]);
  assert.match(told, new RegExp(`http://127.0.0.1:${at}/packages`));
  assert.doesNotMatch(told, /joe|s@cret|s%40cret|token/);
});

test('who we are is not told to the place that a redirect leads to', async (t) => {
  const told: unknown[] = [];
  const other = await port(t, ({ headers }, response) => {
    told.push(headers.authorization);
    response.end('there');
  });
  const at = await port(t, (_request, response) =>
    response.writeHead(302, { location: `http://127.0.0.1:${other}/x` }).end(),
  );

  await fetchBytes(sourceAt(addressOf(`http://joe:secret@127.0.0.1:${at}/`)), 'x', { maxBytes: 10 });

  assert.deepEqual(told, [undefined]);
});

test('a page where JSON belongs is said to be one', async (t) => {
  const at = await port(t, (_request, response) =>
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<html>Log in</html>'),
  );

  await assert.rejects(
    fetchBytes(sourceAt(addressOf(`http://127.0.0.1:${at}/`)), 'metadata/1.root.json', { maxBytes: 100 }),
    { code: 'FETCH_PAGE', message: /is a web page, perhaps of a network that wants you to log in/ },
  );
});

for (const status of [400, 405, 416, 501]) {
  test(`a server that refuses ranges with ${status} is asked once without`, async (t) => {
    const asked: unknown[] = [];
    const at = await port(t, ({ headers }, response) => {
      asked.push(headers.range);
      response.writeHead(headers.range === undefined ? 200 : status).end('whole');
    });
    const source = sourceAt(addressOf(`http://127.0.0.1:${at}/`));

    const opened = await openCounted(source, 'x', { maxBytes: 5, from: 2, bytes: 3 });

    assert.equal(Buffer.concat(await Array.fromAsync(opened.chunks)).toString(), 'whole');
    assert.deepEqual([opened.isWhole, opened.from, asked], [true, 0, ['bytes=2-4', undefined]]);
  });
}
