import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { request } from '../http/http.ts';
import { type IppMessage, NotIpp } from './ipp.ts';
import { readMessage } from './read-message.ts';

/** Who has the queue answers by then. */
const PATIENCE_MS = 60_000;
const MAX_ANSWER_BYTES = 4 << 20;

/** A queue of the computer’s printing service. */
export interface QueuePlace {
  /** The socket of the service. */
  socket: string;
  /** The queue’s address there, and who prints. */
  uri: string;
  user: string;
}

/** Who answers is no printing service, or has not answered. */
class NoAnswer extends Error {}

/** Sends a message and the document behind it as fast as it is taken, and gives the answer. @throws NoAnswer, and what the document throws */
export async function askQueue(
  { socket, uri }: Pick<QueuePlace, 'socket' | 'uri'>,
  message: Buffer,
  document: AsyncIterable<Buffer> | Iterable<Buffer>,
): Promise<IppMessage> {
  const asked = request({
    ...{ socketPath: socket, method: 'POST', path: new URL(uri.replace(/^ipp:/, 'http:')).pathname, agent: false },
    headers: { host: 'localhost', 'content-type': 'application/ipp', 'transfer-encoding': 'chunked' },
    timeout: PATIENCE_MS,
  });
  asked.on('timeout', () => asked.destroy(new NoAnswer('nothing moves')));
  const come = once(asked, 'response');
  // Whoever refuses a document need not have read it.
  come.catch(() => undefined);
  const sent = pipeline(Readable.from(parts(message, document), { objectMode: true }), asked);
  try {
    const [answer] = (await Promise.race([come, sent.then(() => come)])) as [IncomingMessage];
    if (answer.statusCode !== 200) throw new NoAnswer(`${answer.statusCode}`);
    return await wholeAnswer(answer);
  } finally {
    sent.catch(() => undefined);
    asked.destroy();
  }
}

async function wholeAnswer(answer: IncomingMessage): Promise<IppMessage> {
  try {
    return (await readMessage(answer, MAX_ANSWER_BYTES)).message;
  } catch (cause) {
    if (cause instanceof NotIpp) throw new NoAnswer('an answer that is none', { cause });
    throw cause;
  }
}

async function* parts(message: Buffer, document: AsyncIterable<Buffer> | Iterable<Buffer>): AsyncGenerator<Buffer> {
  yield message;
  yield* document;
}
