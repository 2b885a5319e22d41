const MOST_LOCKS = 256;
export const LOCK_S = 600;

/** Who may write what, among the clients of one guest: each file by the one that has its lock. Kept in memory alone. */
export class Locks {
  readonly #locks = new Map<string, { token: string; until: number }>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Undefined where another has it, or there are too many. */
  take(names: readonly string[], token: string): string | undefined {
    for (const [key, { until }] of this.#locks) if (until <= this.#now()) this.#locks.delete(key);
    if (this.#locks.size >= MOST_LOCKS || this.tokenOf(names) !== undefined) return undefined;
    this.#locks.set(keyOf(names), { token, until: this.#now() + LOCK_S * 1000 });
    return token;
  }

  /** Whether there is one, which holds longer now. */
  renew(names: readonly string[], said: string): string | undefined {
    const token = this.tokenOf(names);
    if (token === undefined || !said.includes(token)) return undefined;
    this.#locks.set(keyOf(names), { token, until: this.#now() + LOCK_S * 1000 });
    return token;
  }

  release(names: readonly string[], said: string): boolean {
    const token = this.tokenOf(names);
    return token !== undefined && said.includes(token) && this.#locks.delete(keyOf(names));
  }

  /** Whether who says this may write there: nobody else has a lock of it, of what it is in, or of what is in it. */
  isFree(names: readonly string[], said: string): boolean {
    const key = keyOf(names);
    return [...this.#locks].every(
      ([other, { token, until }]) =>
        until <= this.#now() || said.includes(token) || !(other === key || other.startsWith(`${key}/`)),
    );
  }

  /** What was there is not there any more. */
  forget(names: readonly string[]): void {
    const key = keyOf(names);
    for (const other of this.#locks.keys()) if (other === key || other.startsWith(`${key}/`)) this.#locks.delete(other);
  }

  tokenOf(names: readonly string[]): string | undefined {
    const lock = this.#locks.get(keyOf(names));
    return lock && lock.until > this.#now() ? lock.token : undefined;
  }
}

function keyOf(names: readonly string[]): string {
  return names.map((name) => `/${name}`).join('');
}
