const cleanups = new Set<() => void>();
let isWatching = false;
let onSignal: (() => void) | undefined;

/** Does something when this process ends before `forget` was called: by a failure, by Ctrl-C. What was first asked for is done first. */
export function atExit(cleanUp: () => void): { forget: () => void } {
  if (!isWatching) watch();
  cleanups.add(cleanUp);
  return { forget: () => cleanups.delete(cleanUp) };
}

/** Waits for Ctrl-C. From then on signals do nothing: there may be several of one Ctrl-C, and what follows puts things away. */
export function untilSignal(): Promise<void> {
  if (!isWatching) watch();
  return new Promise((done) => {
    onSignal = done;
  });
}

function watch(): void {
  isWatching = true;
  process.on('exit', () => {
    for (const cleanUp of cleanups) cleanUp();
  });
  const numbers = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };
  for (const [signal, number] of Object.entries(numbers))
    process.on(signal, () => (onSignal ? onSignal() : process.exit(128 + number)));
}
