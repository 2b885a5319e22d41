import type { Context } from 'hono';
import { AppError } from '../lib/errors.ts';

/** How long whoever sends may send nothing. */
const SILENCE_MS = 60_000;

/** What comes with a request, as it comes, and the length that was said of it. */
export interface StreamedBody {
  bytes: number;
  content: AsyncIterable<Uint8Array>;
  /** Aborted when whoever sends it no longer waits for the answer, though all of it came. */
  signal: AbortSignal;
}

/**
 * A request’s body of which nothing is kept. Whoever stops reading it can still answer; one that breaks off, or of which nothing comes
 * any more, ends with INTERRUPTED.
 * @throws USAGE where its length is not said
 */
export function streamedBody({ req }: Context, silenceMs = SILENCE_MS): StreamedBody {
  const length = req.header('content-length');
  if (length === undefined || !/^\d{1,15}$/.test(length)) throw new AppError('USAGE', 'a file is sent with its length');
  return { bytes: Number(length), content: piecesOf(req.raw.body, silenceMs), signal: req.raw.signal };
}

async function* piecesOf(body: ReadableStream<Uint8Array> | null, silenceMs: number): AsyncGenerator<Uint8Array> {
  // Never cancelled: that would end the connection on which the answer goes.
  const reader = body?.getReader();
  for (;;) {
    const read = await inTime(reader?.read(), silenceMs);
    if (!read || read.done) return;
    yield read.value;
  }
}

async function inTime<T>(coming: Promise<T> | undefined, silenceMs: number): Promise<T | undefined> {
  const { promise, reject } = Promise.withResolvers<never>();
  const late = () => reject(new AppError('INTERRUPTED', 'nothing more came of what was being sent'));
  const timer = setTimeout(late, silenceMs);
  try {
    return await Promise.race([coming, promise]);
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError('INTERRUPTED', 'what was being sent broke off', { cause });
  } finally {
    clearTimeout(timer);
  }
}
