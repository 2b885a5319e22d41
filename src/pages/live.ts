import type { Context } from 'hono';
import { streamSSE } from 'hono/streaming';

/**
 * Answers with events as they come, in the form that browsers follow and take up again: one message each, after a `ready`
 * that says that none is missed from now on.
 */
export function liveEvents(context: Context, follow: (signal: AbortSignal) => AsyncIterable<object>): Response {
  return streamSSE(context, async (lines) => {
    const ended = new AbortController();
    lines.onAbort(() => ended.abort());
    const following = follow(ended.signal);
    await lines.writeSSE({ event: 'ready', data: '' });
    for await (const event of following) await lines.writeSSE({ data: JSON.stringify(event) });
  });
}
