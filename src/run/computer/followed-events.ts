import type { EventEmitter } from 'node:events';
import type { IsShown, LoggedEvent } from './events.ts';

/** As many wait for one who reads slowly; more are counted. */
const MAX_WAITING = 1000;

/** Events from this call on of those that are to be shown, until `signal` ends it. Whoever does not read keeps a bounded number of them waiting. */
export function followEvents(
  bus: EventEmitter<{ event: [LoggedEvent] }>,
  signal: AbortSignal,
  isShown: IsShown,
): AsyncGenerator<LoggedEvent> {
  const waiting: LoggedEvent[] = [];
  let missed = 0;
  let news = Promise.withResolvers<void>();
  const listen = (event: LoggedEvent) => {
    if (!isShown(event)) return;
    if (waiting.length < MAX_WAITING) waiting.push(event);
    else missed += 1;
    news.resolve();
  };
  // Listens at once, not when the first event is asked for.
  bus.on('event', listen);
  const end = () => {
    bus.off('event', listen);
    news.resolve();
  };
  if (signal.aborted) end();
  signal.addEventListener('abort', end, { once: true });
  return (async function* events() {
    while (!signal.aborted) {
      const next = waiting.shift();
      if (next) yield next;
      if (next && waiting.length === 0 && missed > 0) {
        const text = `${missed} events came faster than they were read here: they are in the log`;
        missed = 0;
        yield { at: next.at, kind: 'failed', text };
      }
      if (next) continue;
      await news.promise;
      news = Promise.withResolvers();
    }
  })();
}
