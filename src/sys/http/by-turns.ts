import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';

/** So many requests are worked on at a time; one that takes longer than `COUNTS_MS` has others begin beside it. */
export const MOST_BEGUN = 4;
export const COUNTS_MS = 200;

type Asked = Parameters<RequestListener>;

/**
 * Has connections wait for one another: each has one request in the line, and its next one joins behind all others. A request counts until
 * its answer begins. Who asks on two hundred connections without end makes his own wait; without this, each step of all other work of the
 * process waits for two hundred answers.
 */
export function byTurns(listener: RequestListener): RequestListener {
  const line = new Map<Socket, Asked[]>();
  /** What those ask further of whom a request is worked on. */
  const next = new WeakMap<Socket, Asked[]>();
  const known = new WeakSet<Socket>();
  let begun = 0;

  const beginNext = () => {
    for (const [socket, [first, ...others]] of line) {
      if (begun >= MOST_BEGUN) return;
      line.delete(socket);
      if (first) begin(socket, first, others);
    }
  };
  const begin = (socket: Socket, [request, response]: Asked, others: Asked[]) => {
    next.set(socket, others);
    begun += 1;
    let isCounted = true;
    const letNextBegin = () => {
      if (!isCounted) return;
      isCounted = false;
      clearTimeout(timer);
      begun -= 1;
      next.delete(socket);
      if (others.length > 0 && !socket.destroyed) line.set(socket, others);
      beginNext();
    };
    const timer = setTimeout(letNextBegin, COUNTS_MS);
    response.once('close', letNextBegin);
    whenAnswered(response, letNextBegin);
    listener(request, response);
  };

  return (request, response) => {
    const { socket } = request;
    if (!known.has(socket)) {
      known.add(socket);
      // What somebody has asked who hangs up is kept no longer.
      socket.once('close', () => line.delete(socket));
    }
    const waiting = next.get(socket) ?? line.get(socket);
    if (waiting) waiting.push([request, response]);
    else line.set(socket, [[request, response]]);
    beginNext();
  };
}

/** Node says when an answer has ended, and not when it begins: some go on for hours. */
function whenAnswered(response: Asked[1], tell: () => void): void {
  const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => typeof response;
  response.writeHead = (...args: unknown[]) => {
    response.writeHead = writeHead;
    // Not before its head is written: what begins next is not to come between.
    queueMicrotask(tell);
    return writeHead(...args);
  };
}
