import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { getRequestListener } from '@hono/node-server';
import { scratch } from '../../test/fakes/made-project.ts';
import { AppError, failureOf } from '../lib/errors.ts';
import { askUnix } from '../sys/http/http-client.ts';
import { listenUnix } from '../sys/http/http-server.ts';
import { newApi } from './requests.ts';
import { type StreamedBody, streamedBody } from './streamed-body.ts';

/** A service that does with what is sent what a test says, and how that ended. */
async function service(t: TestContext, take: (body: StreamedBody) => Promise<object>, silenceMs?: number) {
  const ended = Promise.withResolvers<unknown>();
  const app = newApi(undefined as never, 10, (streamed) =>
    streamed.post('/', async (context) => {
      try {
        return context.json(await take(streamedBody(context, silenceMs)));
      } catch (error) {
        ended.resolve(error);
        throw error;
      }
    }),
  );
  const socket = join(scratch(t), 'socket');
  const listening = await listenUnix(socket, getRequestListener(app.fetch), {});
  t.after(() => listening[Symbol.asyncDispose]());
  const send = async (content: Readable, bytes: number, signal?: AbortSignal) => {
    const asked = { method: 'POST', path: '/', file: { content, bytes }, ...(signal ? { signal } : {}) } as const;
    for await (const line of (await askUnix(socket, asked)).lines) return line;
    return undefined;
  };
  return { send, ended: ended.promise };
}

const countOf = async ({ bytes, content }: StreamedBody) => {
  let came = 0;
  for await (const piece of content) came += piece.length;
  return { bytes, came };
};

for (const bytes of [0, 5, 300_000])
  test(`${bytes} bytes that are sent come, with their length before them`, async (t) => {
    const { send } = await service(t, countOf);
    assert.deepEqual(await send(Readable.from([Buffer.alloc(bytes)]), bytes), { bytes, came: bytes });
  });

test('whoever does not want the rest is heard', async (t) => {
  const { send } = await service(t, async ({ content }) => {
    for await (const _ of content) break;
    throw new AppError('FILES_REFUSED', 'no room');
  });
  const answer = (await send(Readable.from(pieces(64)), 64 << 16)) as { error: { code: string } };
  assert.equal(answer.error.code, 'FILES_REFUSED');
});

test('whoever wants none of it is heard', async (t) => {
  const { send } = await service(t, async () => {
    throw new AppError('FILES_TOO_LARGE', 'too large');
  });
  const answer = (await send(Readable.from(pieces(300)), 300 << 16)) as { error: { code: string } };
  assert.equal(answer.error.code, 'FILES_TOO_LARGE');
});

test('one that breaks off ends', async (t) => {
  const gone = new AbortController();
  const { send, ended } = await service(t, async ({ content }) => {
    for await (const _ of content) gone.abort();
    return {};
  });
  const never = new Readable({ read: () => undefined });
  never.push(Buffer.alloc(1 << 16));
  await assert.rejects(send(never, 2 << 16, gone.signal), { code: 'INTERRUPTED' });
  assert.equal(failureOf(await ended).code, 'INTERRUPTED');
});

test('whoever goes once all has come is missed', async (t) => {
  const gone = new AbortController();
  const { send, ended } = await service(t, async ({ content, signal }) => {
    for await (const _ of content);
    const aborted = once(signal, 'abort');
    gone.abort();
    await aborted;
    throw new Error('missed');
  });
  await assert.rejects(send(Readable.from(pieces(1)), 1 << 16, gone.signal), { code: 'INTERRUPTED' });
  assert.match(String(await ended), /missed/);
});

test('one of which nothing comes any more ends too, and whoever sends it is told', async (t) => {
  const { send } = await service(t, countOf, 30);
  const answer = (await send(new Readable({ read: () => undefined }), 5)) as { error: { code: string } };
  assert.equal(answer.error.code, 'INTERRUPTED');
});

test('a file that becomes shorter while it is sent is not waited for', async (t) => {
  const { send, ended } = await service(t, countOf);
  await assert.rejects(send(Readable.from(pieces(1)), 2 << 16), { code: 'FILE_INVALID' });
  assert.equal(failureOf(await ended).code, 'INTERRUPTED');
});

async function* pieces(count: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < count; at += 1) yield Buffer.alloc(1 << 16);
}
