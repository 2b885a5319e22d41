/** So many jobs of a guest are known at a time; the oldest are forgotten, and print on. */
const MAX_JOBS = 500;

/** The jobs that a guest has given its printer, under numbers of its own: it learns of no others, not even how many there are. */
export class PrinterJobs {
  /** The computer’s number, by the guest’s; in the order in which they came. */
  readonly #real = new Map<number, number>();
  readonly #own = new Map<number, number>();
  #last = 0;

  /** The guest’s number for a job that it has made just now. */
  add(real: number): number {
    const known = this.#own.get(real);
    if (known !== undefined) return known;
    this.#last += 1;
    this.#real.set(this.#last, real);
    this.#own.set(real, this.#last);
    const [oldest] = this.#real;
    if (oldest && this.#real.size > MAX_JOBS) {
      this.#real.delete(oldest[0]);
      this.#own.delete(oldest[1]);
    }
    return this.#last;
  }

  /** The computer’s number of a job of the guest’s. */
  real(own: number): number | undefined {
    return this.#real.get(own);
  }

  /** The guest’s number of a job, where it is the guest’s. */
  own(real: number): number | undefined {
    return this.#own.get(real);
  }
}
