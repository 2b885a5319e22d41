/** Goes off when it is time to look up again: once each time it is set, and no later for being set anew. */
export class LookUpTimer implements Disposable {
  readonly #goOff: () => void;
  #timer: NodeJS.Timeout | undefined;
  #due = 0;

  constructor(goOff: () => void) {
    this.#goOff = goOff;
  }

  set(delayMs: number): void {
    const due = performance.now() + delayMs;
    if (this.#timer && this.#due <= due) return;
    clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#goOff();
    }, delayMs);
    this.#timer.unref();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
