import { once } from 'node:events';
import { watch } from 'node:fs';

/** Yields whenever something in a folder may have changed, first at once; ends when `signal` does. The folder must be there. */
export async function* changesIn(folder: string, signal: AbortSignal): AsyncGenerator<void> {
  // The watch is set before the first look, so that nothing falls between the two.
  const watcher = watch(folder);
  try {
    while (!signal.aborted) {
      const changed = once(watcher, 'change', { signal });
      changed.catch(() => undefined);
      yield;
      await changed;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    watcher.close();
  }
}
