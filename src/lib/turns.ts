/** Lets one piece of work run at a time, in the order they were asked for. One that fails holds up nobody else. */
export class Turns {
  readonly #urgent: (() => Promise<void>)[] = [];
  readonly #queue: (() => Promise<void>)[] = [];
  #isBusy = false;
  readonly #waiting = new Map<string, Promise<void>>();

  take<T>(work: () => Promise<T>): Promise<T> {
    return this.#enter(this.#queue, work);
  }

  /** The same before all that waits: who may ask for many turns must not hold this up by that. */
  takeNext<T>(work: () => Promise<T>): Promise<T> {
    return this.#enter(this.#urgent, work);
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

  #enter<T>(queue: (() => Promise<void>)[], work: () => Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    queue.push(async () => {
      try {
        resolve(await work());
      } catch (error) {
        reject(error);
      }
    });
    if (!this.#isBusy) void this.#run();
    return promise;
  }

  async #run(): Promise<void> {
    this.#isBusy = true;
    // Nothing begins before whoever asks has its promise.
    await Promise.resolve();
    for (let turn = this.#next(); turn; turn = this.#next()) await turn();
    this.#isBusy = false;
  }

  #next(): (() => Promise<void>) | undefined {
    return this.#urgent.shift() ?? this.#queue.shift();
  }
}

/** Several such queues, by name. One in which nobody waits is forgotten. */
export class NamedTurns {
  readonly #queues = new Map<string, { turns: Turns; users: number }>();

  async take<T>(name: string, work: () => Promise<T>): Promise<T> {
    const queue = this.#queues.get(name) ?? { turns: new Turns(), users: 0 };
    this.#queues.set(name, queue);
    queue.users += 1;
    try {
      return await queue.turns.take(work);
    } finally {
      queue.users -= 1;
      if (queue.users === 0) this.#queues.delete(name);
    }
  }
}
