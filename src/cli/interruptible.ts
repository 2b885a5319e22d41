const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Asks a person at the terminal. The question is over, as if he had broken it off, as soon as this program is told to end:
 * whoever asks waits for nothing else, and would not hear of it.
 */
export async function interruptible<T>(ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const interrupt = new AbortController();
  const onSignal = () => interrupt.abort();
  for (const signal of SIGNALS) process.once(signal, onSignal);
  try {
    return await ask(interrupt.signal);
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
}
