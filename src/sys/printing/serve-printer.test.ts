import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttp, request as httpRequest, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { scratch } from '../../../test/fakes/made-project.ts';
import { MOST_AT_ONCE } from '../http/few-at-once.ts';
import { DocumentAllowance, DocumentTooLarge } from './document-allowance.ts';
import { InnerDocument, plainDocument } from './inner-document.ts';
import { encodeIpp, GROUP, type IppMessage, numbers, parseIpp, TAG, texts } from './ipp.ts';
import { OPERATION, STATUS } from './printer-request.ts';
import { printerQueues, queueUri } from './queues.ts';
import { readMessage } from './read-message.ts';
import { servePrinter } from './serve-printer.ts';

const BEGIN = [
  texts('attributes-charset', TAG.charset, 'utf-8'),
  texts('attributes-natural-language', TAG.language, 'en'),
];
const message = (code: number, groups: IppMessage['groups'] = []): Buffer =>
  encodeIpp({ version: 0x0200, code, requestId: 3, groups: [{ tag: GROUP.operation, attributes: BEGIN }, ...groups] });

/** A printing service that answers with what it is told, and a printer of a guest’s before it. */
async function withPrinter(t: TestContext) {
  const world = { status: 200, answer: message(0), asked: [] as { path: string; body: Buffer }[] };
  const socket = join(scratch(t), 'cups.sock');
  const cups = createHttp(async (asked, response) => {
    const body = await Array.fromAsync(asked as AsyncIterable<Buffer>).then(Buffer.concat, () => undefined);
    // What was broken off is no job.
    if (!body) return;
    world.asked.push({ path: asked.url ?? '', body });
    response.writeHead(world.status, { 'content-type': 'application/ipp' }).end(world.answer);
  });
  cups.listen(socket);
  const server = createServer();
  servePrinter(server, { socket, uri: queueUri('Büro'), user: 'alice', at: '10.77.0.1:631' });
  server.listen(0, '127.0.0.1');
  await Promise.all([once(cups, 'listening'), once(server, 'listening')]);
  const { port } = server.address() as AddressInfo;
  t.after(() => {
    cups.close();
    server.close();
  });
  const ask = async (body: Buffer | undefined, more: { method?: string; path?: string; headers?: object } = {}) => {
    const headers = { 'content-type': 'application/ipp', connection: 'close', ...more.headers };
    const asked = httpRequest({ port, host: '127.0.0.1', method: 'POST', path: '/ipp/print', ...more, headers });
    asked.on('error', () => undefined);
    asked.end(body);
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    const bytes = Buffer.concat(await Array.fromAsync(response as AsyncIterable<Buffer>));
    return { status: response.statusCode, said: parseIpp(bytes)?.message.code };
  };
  return { world, ask, socket, port };
}

test('a document goes to the queue behind what is said of it, as it came', async (t) => {
  const { world, ask } = await withPrinter(t);
  assert.deepEqual(await ask(Buffer.concat([message(OPERATION.printJob), Buffer.from('%PDF-1.4')])), {
    status: 200,
    said: 0,
  });
  const [{ path = '', body = Buffer.alloc(0) } = {}] = world.asked;
  assert.equal(path, '/printers/B%C3%BCro');
  assert.equal(body.subarray(parseIpp(body)?.length).toString(), '%PDF-1.4');
});

const WRONG: [title: string, more: object, status: number][] = [
  ['a page', { method: 'GET' }, 405],
  ['another method', { method: 'PUT' }, 405],
  ['another queue', { path: '/printers/secret' }, 404],
  ['the administration', { path: '/admin/' }, 404],
  ['a way out of its path', { path: '/ipp/print/../../admin' }, 404],
  ['a question behind its path', { path: '/ipp/print?x' }, 404],
  ['a form', { headers: { 'content-type': 'application/x-www-form-urlencoded' } }, 415],
  ['what is packed', { headers: { 'content-encoding': 'gzip' } }, 415],
];
for (const [title, more, status] of WRONG) {
  test(`${title} is refused by HTTP alone`, async (t) => {
    const { world, ask } = await withPrinter(t);
    assert.equal((await ask(message(OPERATION.getJobs), more)).status, status);
    assert.deepEqual(world.asked, []);
  });
}

test('a document that is an order to the computer’s own printing programs is refused, whatever it is called', async (t) => {
  const { world, ask } = await withPrinter(t);
  for (const order of ['#CUPS-COMMAND\n', '#CUPS-BANNER\n', '#PDF-BANNER\n']) {
    const { said } = await ask(Buffer.concat([message(OPERATION.printJob), Buffer.from(order)]));
    assert.equal(said, STATUS.formatUnknown, order);
  }
  assert.deepEqual(world.asked, []);

  const text = '# CUPS is what prints this\n';
  assert.equal((await ask(Buffer.concat([message(OPERATION.printJob), Buffer.from(text)]))).said, 0);
  assert.equal(world.asked.length, 1);
});

test('how a document begins is seen from pieces of any size, and all of it goes on', async () => {
  const pieces = async (text: string, bytes: number) => {
    const each = Array.from({ length: Math.ceil(text.length / bytes) }, (_, at) =>
      Buffer.from(text.slice(at * bytes, (at + 1) * bytes)),
    );
    return Buffer.concat(await Array.fromAsync(plainDocument(Readable.from(each)))).toString();
  };
  for (const bytes of [1, 5, 11, 100]) {
    for (const text of ['', '#', '#CUPS', '%PDF-1.4 and much more']) assert.equal(await pieces(text, bytes), text);
    await assert.rejects(pieces('#CUPS-COMMAND\nClean all\n', bytes), InnerDocument);
  }
});

test('what is no message, or has no end, ends its connection; the queue hears nothing of it', async (t) => {
  const { world, ask } = await withPrinter(t);
  const endless = Buffer.concat([
    message(OPERATION.printJob).subarray(0, -1),
    Buffer.from([TAG.keyword, 0, 1, 97, 0x7f, 0xff]),
    Buffer.alloc(0x7fff, 'a'),
  ]);
  const long = Buffer.concat([endless, ...Array.from({ length: 3 }, () => endless.subarray(-0x7fff - 6))]);
  for (const body of [Buffer.from('no message'), Buffer.alloc(0), message(OPERATION.getJobs).subarray(0, -1), long])
    await assert.rejects(ask(body), { code: 'ECONNRESET' });
  assert.deepEqual(world.asked, []);
});

test('what is refused is answered, and the queue hears nothing of it', async (t) => {
  const { world, ask } = await withPrinter(t);
  assert.equal((await ask(message(0x4002))).said, STATUS.operationUnknown);
  assert.equal((await ask(Buffer.concat([message(0x4003), Buffer.alloc(100_000)]))).said, STATUS.operationUnknown);
  assert.equal(
    (await ask(Buffer.concat([message(OPERATION.getJobs), Buffer.from('a document')]))).said,
    STATUS.badRequest,
  );
  assert.equal((await ask(message(OPERATION.cancelJob))).said, STATUS.notFound);
  assert.deepEqual(world.asked, []);
});

test('a printing service that fails, says nonsense or too much, is one that is not there', async (t) => {
  const { world, ask } = await withPrinter(t);
  world.status = 403;
  assert.equal((await ask(message(OPERATION.getJobs))).said, STATUS.unavailable);
  world.status = 200;
  for (const answer of [Buffer.from('nonsense'), Buffer.alloc(5 << 20, 1)]) {
    world.answer = answer;
    assert.equal((await ask(message(OPERATION.getJobs))).said, STATUS.unavailable);
  }
});

test('so many connections are open at a time, and no more', async (t) => {
  const { port } = await withPrinter(t);
  const idle = Array.from({ length: 8 }, () => connect(port, '127.0.0.1'));
  t.after(() => idle.map((each) => each.destroy()));
  await Promise.all(idle.map((each) => once(each, 'connect')));
  const next = connect(port, '127.0.0.1').on('error', () => undefined);
  next.resume();
  await once(next, 'close');
  assert.ok(idle.every(({ closed }) => !closed));
});

test('a guest that asks on and reads no answer has a few questions open, and its connection is ended', async (t) => {
  const { port, world } = await withPrinter(t);
  const body = message(OPERATION.getJobs);
  const head = `POST /ipp/print HTTP/1.1\r\nHost: a\r\nContent-Type: application/ipp\r\nContent-Length: ${body.length}\r\n\r\n`;
  const flood = Buffer.concat(Array.from({ length: 500 }, () => Buffer.concat([Buffer.from(head), body])));
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  socket.write(flood);
  await new Promise((resolve) => socket.once('close', resolve));
  assert.ok(world.asked.length <= MOST_AT_ONCE, `${world.asked.length}`);
});

test('a message is read from pieces of any size, and what follows it is left', async () => {
  const bytes = Buffer.concat([message(OPERATION.printJob), Buffer.from('document')]);
  for (const size of [1, 7, 5000]) {
    const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
      bytes.subarray(at * size, (at + 1) * size),
    );
    const { rest } = await readMessage(streamed(pieces), 1000);
    assert.equal(Buffer.concat(await Array.fromAsync(rest)).toString(), 'document');
  }
});

test('a guest prints so much and so often a day, and no document is larger than one may be', async () => {
  let now = 0;
  const allowance = new DocumentAllowance(() => now);
  const mib = Buffer.alloc(1 << 20);
  const print = async (count: number) => {
    for await (const _ of allowance.bounded(streamed(Array.from({ length: count }, () => mib))));
  };
  await assert.rejects(print(513), DocumentTooLarge);
  await print(512);
  await assert.rejects(print(1), DocumentTooLarge);
  now += 86_400_000 / 2;
  await print(500);
  await assert.rejects(print(100), DocumentTooLarge);

  for (let job = 0; job < 300; job += 1) assert.ok(allowance.takeJob());
  assert.equal(allowance.takeJob(), false);
  now += 86_400_000 / 300;
  assert.ok(allowance.takeJob());
});

test('the computer’s queues are those that its printing service names, as far as they are names', async (t) => {
  const { world, socket } = await withPrinter(t);
  const printers = ['office', 'Büro', '', 'two words', '../admin', 'a?b', 'x'.repeat(128)].map((name) => ({
    tag: GROUP.printer,
    attributes: [texts('printer-name', TAG.name, name)],
  }));
  world.answer = message(0, [
    ...printers,
    { tag: GROUP.printer, attributes: [numbers('printer-name', TAG.integer, 1)] },
  ]);
  assert.deepEqual(await printerQueues(socket), ['Büro', 'office']);
  world.answer = message(0x0406);
  assert.deepEqual(await printerQueues(socket), []);
  world.answer = message(0x0500);
  await assert.rejects(printerQueues(socket), { code: 'PRINTER_NONE' });
  await assert.rejects(printerQueues(`${socket}.none`), { code: 'PRINTER_NONE', message: /has no printing service/ });
});

async function* streamed(pieces: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* pieces;
}
