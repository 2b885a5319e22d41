/** Lets one piece of work run at a time, in the order they were asked for. One that fails holds up nobody else. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();
  readonly #waiting = new Map<string, Promise<void>>();

  take<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work, work);
    this.#last = turn;
    return turn;
  }

  /**
   * The same for work that does not need doing twice: who asks for it while it waits for its turn under that name gets
   * the outcome of that turn. However often it is asked for, no queue grows.
   */
  share(name: string, work: () => Promise<void>): Promise<void> {
    const waiting = this.#waiting.get(name);
    if (waiting !== undefined) return waiting;
    const turn = this.take(() => {
      this.#waiting.delete(name);
      return work();
    });
    this.#waiting.set(name, turn);
    return turn;
  }
}
