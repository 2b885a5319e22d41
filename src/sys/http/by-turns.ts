import type { RequestListener } from 'node:http';

/** So many requests are worked on at a time; one that takes longer than `COUNTS_MS` has others begin beside it. */
export const MOST_BEGUN = 4;
export const COUNTS_MS = 200;

/**
 * Has requests wait for one another, in the order in which they came. Who asks on two hundred connections without end makes his own wait;
 * without this, each step of all other work of the process waits for two hundred answers.
 */
export function byTurns(listener: RequestListener): RequestListener {
  const waiting: Parameters<RequestListener>[] = [];
  let begun = 0;
  const beginNext = () => {
    while (begun < MOST_BEGUN) {
      const next = waiting.shift();
      if (!next) return;
      const [request, response] = next;
      if (request.socket.destroyed) continue;
      begun += 1;
      let isCounted = true;
      const letNextBegin = () => {
        if (!isCounted) return;
        isCounted = false;
        clearTimeout(timer);
        begun -= 1;
        beginNext();
      };
      const timer = setTimeout(letNextBegin, COUNTS_MS);
      response.once('close', letNextBegin);
      listener(request, response);
    }
  };
  return (request, response) => {
    waiting.push([request, response]);
    beginNext();
  };
}
