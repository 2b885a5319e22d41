import type { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { fewAtOnce } from './few-at-once.ts';
import { createServer } from './http.ts';

export type { IncomingMessage, ServerResponse, Socket };

const HEAD_BYTES = 16 << 10;

/** Answers HTTP on streams that no network has to do with; what it returns takes one. A long body may take its time. */
export function httpOverStreams(
  answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): (stream: Duplex) => void {
  const options = { maxHeaderSize: HEAD_BYTES, requestTimeout: 0, keepAliveTimeout: 30_000 };
  const listener = fewAtOnce((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  const server = createServer(options, listener);
  server.on('checkContinue', (request, response) => {
    response.writeContinue();
    server.emit('request', request, response);
  });
  server.on('clientError', (_error, stream) => stream.destroy());
  return (stream) => void server.emit('connection', stream);
}

/** A socket that this program was started with. */
export function handedSocket(fd: number): Socket {
  return new Socket({ fd, readable: true, writable: true });
}
