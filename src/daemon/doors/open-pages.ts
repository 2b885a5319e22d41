/** A page that is loaded anew, or that goes to another part, is not there for a moment. */
const GRACE_MS = 10_000;

/**
 * The pages of one player that are open, and the machines whose screens they have shown. When the last page has been closed for a while,
 * `onLeft` is told of those machines.
 */
export class OpenPages implements Disposable {
  readonly #onLeft: (vms: string[]) => void;
  readonly #graceMs: number;
  readonly #shown = new Set<string>();
  #open = 0;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(onLeft: (vms: string[]) => void, graceMs = GRACE_MS) {
    this.#onLeft = onLeft;
    this.#graceMs = graceMs;
  }

  /** A page is open until `signal` says that it is not. */
  opened(signal: AbortSignal): void {
    clearTimeout(this.#timer);
    this.#open += 1;
    const close = () => this.#closed();
    if (signal.aborted) close();
    else signal.addEventListener('abort', close, { once: true });
  }

  /** It shows the screen of a machine. */
  shows(vm: string): void {
    this.#shown.add(vm);
  }

  /** Whether one of these pages is open, and the screen of that machine was shown in them. */
  hasOpen(vm: string): boolean {
    return this.#open > 0 && this.#shown.has(vm);
  }

  /** The service ends, not the pages: nobody is told any more. */
  [Symbol.dispose](): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  #closed(): void {
    this.#open -= 1;
    if (this.#open > 0 || this.#isOver) return;
    this.#timer = setTimeout(() => {
      const vms = [...this.#shown];
      this.#shown.clear();
      this.#onLeft(vms);
    }, this.#graceMs).unref();
  }
}
