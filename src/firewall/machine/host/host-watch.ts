import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../../lib/errors.ts';
import { pause } from '../../../sys/pause.ts';
import { endingWithUs } from '../../../sys/programs/ending-with-us.ts';
import { LineProgram } from '../../../sys/programs/line-program.ts';

/** What happens together is looked at once; a computer on which much happens has its peace in between. */
const GATHER_MS = 50;
const PEACE_MS = 200;
/** How often it is looked without a word from the kernel: its messages may be lost when there are too many. */
const LOOK_MS = 2000;
const START_AGAIN_MS = 1000;

/** The kernel’s own words for rules that have gone, and for links, addresses, routes and forwarding that are others. */
const MONITORS = [
  ['nft', 'monitor', 'destroy'],
  ['ip', 'monitor', 'link', 'address', 'route', 'rule', 'netconf'],
] as const;

/**
 * Calls `look` now, unless `isKnown` how all stands, whenever something of the computer’s network or its rules has changed, and every
 * `lookMs`, until `signal` fires; never twice at a time.
 */
export async function watchHost(
  look: () => Promise<void>,
  signal: AbortSignal,
  { lookMs = LOOK_MS, isKnown = false } = {},
): Promise<void> {
  const news: News = { isThere: !isKnown, wake: () => undefined };
  const tell = () => {
    news.isThere = true;
    news.wake();
  };
  const hearing = MONITORS.map((command) => hear(command, tell, signal));
  while (!signal.aborted) {
    if (!news.isThere) await wokenWithin(lookMs, news, signal);
    await pause(GATHER_MS, signal);
    if (signal.aborted) break;
    news.isThere = false;
    await look();
    await pause(PEACE_MS, signal);
  }
  await Promise.all(hearing);
}

interface News {
  isThere: boolean;
  wake: () => void;
}

async function wokenWithin(ms: number, news: News, signal: AbortSignal): Promise<void> {
  const over = new AbortController();
  news.wake = () => over.abort();
  await pause(ms, AbortSignal.any([over.signal, signal]));
}

/** A monitor reads no input that would end with us. */
async function hear(command: readonly string[], tell: () => void, signal: AbortSignal): Promise<void> {
  const [first = '', ...words] = endingWithUs(command);
  while (!signal.aborted) {
    try {
      await using program = await LineProgram.start(first, words);
      const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      while (!program.hasEnded && !signal.aborted) {
        const said = await Promise.race([program.next(LOOK_MS), stopped]);
        if (said) tell();
        program.forget();
      }
    } catch (error) {
      // Where there is no such program, there is still the look every two seconds.
      if (!(error instanceof AppError)) throw error;
    }
    if (!signal.aborted) await sleep(START_AGAIN_MS, undefined, { ref: false });
  }
}
