import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { scratch } from '../../../test/fakes/made-project.ts';
import { listenTcp } from '../http/http-server.ts';
import { completeFile, parts } from './download.ts';
import { sourceAt } from './fetch.ts';
import { folderSource } from './folder-source.ts';

const MIB = 1 << 20;
const code = (wanted: string) => ({ name: 'AppError', code: wanted });

/** A server of one file that knows ranges and tags; `disturb` may answer first. It notes what it was asked for. */
async function server(
  t: TestContext,
  bytes: Buffer,
  disturb: (request: IncomingMessage, response: ServerResponse, count: number) => boolean = () => false,
) {
  const asked: string[] = [];
  const listening = await listenTcp('127.0.0.1', 0, (request, response) => {
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
    asked.push(range ? `${range[1]}+${Number(range[2]) - Number(range[1]) + 1}` : 'all');
    if (disturb(request, response, asked.length)) return;
    const isCurrent = (request.headers['if-range'] ?? '"v1"') === '"v1"';
    if (!range || !isCurrent) return response.writeHead(200, { etag: '"v1"' }).end(bytes);
    const [from, to] = [Number(range[1]), Number(range[2])];
    const headers = { etag: '"v1"', 'content-range': `bytes ${from}-${to}/${bytes.length}` };
    return response.writeHead(206, headers).end(bytes.subarray(from, to + 1));
  });
  t.after(() => listening[Symbol.asyncDispose]());
  return { source: sourceAt(new URL(`http://127.0.0.1:${listening.port}/`)), asked };
}

test('a large file comes in ranges, at most one request for 8 MiB', async (t) => {
  const bytes = randomBytes(30 * MIB + 5);
  const { source, asked } = await server(t, bytes);
  const to = join(scratch(t), 'f');

  await completeFile(source, 'f', to, { maxBytes: bytes.length });

  assert.ok(readFileSync(to).equals(bytes));
  assert.deepEqual(asked, [`0+${8 * MIB}`, `${8 * MIB}+${8 * MIB}`, `${16 * MIB}+${14 * MIB + 5}`]);
});

test('ranges cover what is missing, without gap or overlap, and none is small', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 36 }), fc.integer({ min: 1, max: 2 ** 30 }), (at, missing) => {
      let end = at;
      for (const { from, bytes } of parts(at, at + missing)) {
        assert.equal(from, end);
        assert.ok(bytes >= Math.min(missing, 8 * MIB));
        end += bytes;
      }
      assert.equal(end, at + missing);
    }),
  );
});

test('what is there is not fetched again, from the web and from a folder, in either order', async (t) => {
  const folder = scratch(t);
  const bytes = randomBytes(MIB);
  const { source, asked } = await server(t, bytes);
  writeFileSync(join(folder, 'f'), bytes);
  for (const from of [source, folderSource(folder)]) {
    const to = join(scratch(t), 'part');
    writeFileSync(to, bytes.subarray(0, 1000));

    await completeFile(from, 'f', to, { maxBytes: MIB });

    assert.ok(readFileSync(to).equals(bytes));
  }
  assert.deepEqual(asked, [`1000+${MIB - 1000}`]);
});

test('where the server has another version, the whole of it is taken', async (t) => {
  const bytes = randomBytes(MIB);
  const { source } = await server(t, bytes);
  const to = join(scratch(t), 'part');
  writeFileSync(to, Buffer.alloc(1000, 7));

  await completeFile(source, 'f', to, { maxBytes: MIB, tag: '"v0"' });

  assert.ok(readFileSync(to).equals(bytes));
});

test('a server that knows no ranges gives all of it', async (t) => {
  const bytes = randomBytes(20 * MIB);
  const { source } = await server(t, bytes, (_request, response) => {
    response.end(bytes);
    return true;
  });
  const to = join(scratch(t), 'f');

  await completeFile(source, 'f', to, { maxBytes: bytes.length });

  assert.ok(readFileSync(to).equals(bytes));
});

test('status 503 and a broken connection are tried again, from where they stopped; 404 is not, and 400 once without a range', async (t) => {
  const bytes = randomBytes(MIB);
  const { source, asked } = await server(t, bytes, (_request, response, count) => {
    if (count === 1) response.writeHead(503).end();
    else if (count === 2) {
      response.writeHead(206, { 'content-range': `bytes 0-${MIB - 1}/${MIB}`, 'content-length': MIB, etag: '"v1"' });
      response.write(bytes.subarray(0, 4096), () => setTimeout(() => response.destroy(), 50));
    }
    return count <= 2;
  });
  const to = join(scratch(t), 'f');

  await completeFile(source, 'f', to, { maxBytes: MIB, pauseMs: 1 });

  assert.ok(readFileSync(to).equals(bytes));
  assert.deepEqual(asked, [`0+${MIB}`, `0+${MIB}`, `4096+${MIB - 4096}`]);
  for (const [status, wanted, times] of [
    [404, 'FETCH_MISSING', 1],
    [400, 'FETCH_FAILED', 2],
  ] as const) {
    const refusing = await server(t, bytes, (_request, response) => Boolean(response.writeHead(status).end()));
    await assert.rejects(
      completeFile(refusing.source, 'f', join(scratch(t), 'f'), { maxBytes: MIB, pauseMs: 1 }),
      code(wanted),
    );
    assert.equal(refusing.asked.length, times);
  }
});

test('a server that never recovers is given up', async (t) => {
  const { source, asked } = await server(t, Buffer.alloc(1), (_request, response) =>
    Boolean(response.writeHead(503).end()),
  );

  await assert.rejects(
    completeFile(source, 'f', join(scratch(t), 'f'), { maxBytes: MIB, pauseMs: 1 }),
    code('FETCH_FAILED'),
  );
  assert.ok(asked.length > 2);
});

test('it can be cancelled while it waits, and keeps what is there', async (t) => {
  const { source } = await server(t, Buffer.alloc(1), (_request, response) => Boolean(response.writeHead(503).end()));
  const to = join(scratch(t), 'f');
  const cancel = new AbortController();

  const completing = completeFile(source, 'f', to, { maxBytes: MIB, pauseMs: 3_600_000, signal: cancel.signal });
  const interrupted = assert.rejects(completing, code('INTERRUPTED'));
  while (!existsSync(to)) await sleep(5);
  cancel.abort();

  await interrupted;
  assert.ok(existsSync(to));
});
