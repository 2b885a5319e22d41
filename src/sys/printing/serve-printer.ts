import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:net';
import { fewAtOnce } from '../http/few-at-once.ts';
import { createServer } from '../http/http.ts';
import { askQueue, type QueuePlace } from './ask-queue.ts';
import { DocumentAllowance, DocumentTooLarge } from './document-allowance.ts';
import { InnerDocument, plainDocument } from './inner-document.ts';
import { encodeIpp, type IppMessage, NotIpp } from './ipp.ts';
import { answerWith, passAnswer } from './printer-answer.ts';
import { PrinterJobs } from './printer-jobs.ts';
import { passRequest, STATUS } from './printer-request.ts';
import { readMessage } from './read-message.ts';

/** The bounds of a printer: nothing that its guest does makes it grow beyond them. */
const MAX_CONNECTIONS = 8;
const MAX_HEADER_BYTES = 16 << 10;
const MAX_REQUEST_BYTES = 64 << 10;
/** A connection on which nothing moves for so long is over. */
const IDLE_MS = 60_000;
/** What is left of a request that was refused is read so far, so that the answer is too. */
const MAX_REST_BYTES = 1 << 20;

const PATH = '/ipp/print';
const PATHS = /^\/ipp\/print(\/[0-9]{1,9})?$/;
const MEDIA_TYPE = 'application/ipp';

/** Where a guest has its printer, and the queue that it is. */
export interface ServedPrinter extends QueuePlace {
  /** The address and port under which the guest reaches it. */
  at: string;
}

/** Serves one queue to the guest that reaches this server: its printer, and nothing else of who has the queue. */
export function servePrinter(server: Server, printer: ServedPrinter): void {
  const served = { printer, jobs: new PrinterJobs(), allowance: new DocumentAllowance(() => performance.now()) };
  const http = createServer({ maxHeaderSize: MAX_HEADER_BYTES, requestTimeout: 0, keepAliveTimeout: IDLE_MS });
  http.setTimeout(IDLE_MS);
  const listener = fewAtOnce((request, response) => {
    answer(request, response, served).catch(() => response.destroy());
  });
  http.on('request', listener);
  http.on('clientError', (_error, socket) => socket.destroy());
  server.maxConnections = MAX_CONNECTIONS;
  server.on('connection', (socket) => void http.emit('connection', socket));
  server.on('error', () => undefined);
}

interface Served {
  printer: ServedPrinter;
  jobs: PrinterJobs;
  allowance: DocumentAllowance;
}

async function answer(request: IncomingMessage, response: ServerResponse, served: Served): Promise<void> {
  const wrong = wrongRequest(request);
  if (wrong !== undefined) {
    response.writeHead(wrong, { connection: 'close' }).end();
    return;
  }
  const said = await answerTo(request, served);
  if (!said) return void response.destroy();
  const body = encodeIpp(said);
  // What nobody has read would be taken for the next request.
  const isWhole = request.complete || (await readRest(request));
  const headers = { 'content-type': MEDIA_TYPE, 'content-length': body.length };
  response.writeHead(200, isWhole ? headers : { ...headers, connection: 'close' }).end(body);
}

/** What is no printing is refused by HTTP alone: there are no pages here. */
function wrongRequest({ method, url = '', headers }: IncomingMessage): number | undefined {
  if (!PATHS.test(url)) return 404;
  if (method !== 'POST') return 405;
  return headers['content-type'] === MEDIA_TYPE && headers['content-encoding'] === undefined ? undefined : 415;
}

/** Undefined where the request is none. */
async function answerTo(
  request: IncomingMessage,
  { printer, jobs, allowance }: Served,
): Promise<IppMessage | undefined> {
  const read = await readMessage(chunksOf(request), MAX_REQUEST_BYTES).catch((error: unknown) => {
    if (error instanceof NotIpp) return undefined;
    throw error;
  });
  if (!read) return undefined;
  const { message, rest } = read;
  const judged = passRequest(message, printer, jobs);
  if ('refused' in judged) return answerWith(judged.refused, message);
  const { pass, makesJob, hasDocument } = judged;
  if (makesJob && !allowance.takeJob()) return answerWith(STATUS.busy, message);
  try {
    const document = hasDocument ? allowance.bounded(plainDocument(rest)) : await nothingMore(rest);
    const answered = await askQueue(printer, encodeIpp(pass), document);
    const view = { uri: `ipp://${printer.at}${PATH}`, jobs, makesJob };
    return passAnswer(answered, message.requestId, view);
  } catch (error) {
    if (error instanceof DocumentTooLarge) return answerWith(STATUS.tooLarge, message);
    if (error instanceof InnerDocument) return answerWith(STATUS.formatUnknown, message);
    if (error instanceof NotIpp) return answerWith(STATUS.badRequest, message);
    return answerWith(STATUS.unavailable, message);
  }
}

/** @throws NotIpp where a document follows what has none */
async function nothingMore(rest: AsyncIterable<Buffer>): Promise<[]> {
  for await (const { length } of rest) if (length > 0) throw new NotIpp('a document that nobody asked for');
  return [];
}

/** What comes, by whoever reads it next. */
function chunksOf(request: IncomingMessage): AsyncIterable<Buffer> {
  return { [Symbol.asyncIterator]: () => request.iterator({ destroyOnReturn: false }) };
}

/** Whether a request was read to its end. */
async function readRest(request: IncomingMessage): Promise<boolean> {
  let bytes = 0;
  for await (const { length } of chunksOf(request)) {
    bytes += length;
    if (bytes > MAX_REST_BYTES) break;
  }
  return request.complete;
}
