import { type Answers, lookUp } from '../../sys/names/resolver.ts';

const LOOKUP_TIMEOUT_MS = 3000;
const AT_ONCE = 16;
/**
 * When so many questions in a row found nobody, the others are not asked: the resolvers are away. Names are asked in an
 * order of chance, so that a listed domain whose own server stalls does not look like that.
 */
const ENOUGH_SILENCE = 64;
const SILENT: Answers = { v4: 'no-answer', v6: 'no-answer' };

/**
 * Asks resolvers for the addresses of names, some at a time, and hands on what each answers, until `signal` fires: names
 * whose answer has not come by then are left out.
 */
export async function askAll(
  names: readonly string[],
  resolvers: readonly string[],
  signal: AbortSignal,
  found: (name: string, answers: Answers) => void,
): Promise<void> {
  const queue = inAnyOrder(names).values();
  let silence = 0;
  const ask = async (name: string): Promise<Answers> => {
    if (silence >= ENOUGH_SILENCE) return SILENT;
    const answers = await lookUp(name, resolvers, LOOKUP_TIMEOUT_MS);
    silence = answers.v4 === 'no-answer' && answers.v6 === 'no-answer' ? silence + 1 : 0;
    return answers;
  };
  const worker = async () => {
    for (const name of queue) {
      if (signal.aborted) return;
      const answers = await ask(name);
      if (!signal.aborted) found(name, answers);
    }
  };
  await Promise.race([Promise.all(Array.from({ length: AT_ONCE }, worker)), aborted(signal)]);
}

function inAnyOrder<T>(items: readonly T[]): T[] {
  const drawn = items.map((item) => [Math.random(), item] as const);
  return drawn.sort(([a], [b]) => a - b).map(([, item]) => item);
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
