import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';

/** So many requests a connection may have open. Browsers and clients of ours have one; some programs ask ahead, apt for ten. */
export const MOST_AT_ONCE = 16;

/**
 * Hands on the requests of connections that have at most `MOST_AT_ONCE` open; one that asks for more is ended. Node hands on whatever has
 * come, answered or not, and who asks without end would have this process keep all of it.
 */
export function fewAtOnce(listener: RequestListener): RequestListener {
  const open = new WeakMap<Socket, number>();
  return (request, response) => {
    const { socket } = request;
    const count = (open.get(socket) ?? 0) + 1;
    if (count > MOST_AT_ONCE) return void socket.destroy();
    open.set(socket, count);
    response.once('close', () => open.set(socket, (open.get(socket) ?? 1) - 1));
    listener(request, response);
  };
}
