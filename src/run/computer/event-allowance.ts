import { type Allowance, fullAllowance, type Pace, refilled, takeToken } from '../../lib/rate.ts';
import type { Happening } from './events.ts';

/** What one machine may cause of one kind: a guest must not drive everything else out of the log. */
const OF_A_KIND: Pace = { burst: 100, refillMs: 60_000 };
/** The same again is counted, and the count is told so often while it goes on. */
const THE_SAME: Pace = { burst: 1, refillMs: 600_000 };

interface Counted {
  pace: Pace;
  allowance: Allowance;
  leftOut: number;
  /** Of those left out. */
  last: Happening | undefined;
}

/** Which events of machines are told one by one, and how many of the others there were. */
export class EventAllowance {
  readonly #counted = new Map<string, Counted>();

  /** Whether an event is to be told; one that is not is counted. Events of no machine are this computer’s own. */
  take(happening: Happening, now: number): boolean {
    const { vm, kind, same } = happening;
    if (vm === undefined) return true;
    return (
      (same === undefined || this.#takeOf(JSON.stringify([vm, kind, same]), THE_SAME, happening, now)) &&
      this.#takeOf(JSON.stringify([vm, kind]), OF_A_KIND, happening, now)
    );
  }

  get hasLeftOut(): boolean {
    return [...this.#counted.values()].some(({ leftOut }) => leftOut > 0);
  }

  /** What is to be said of those that were left out, as far as it may be said by now. */
  summaries(now: number): Happening[] {
    const said: Happening[] = [];
    for (const [key, counted] of this.#counted) {
      const { pace, leftOut, last } = counted;
      const left = takeToken(counted.allowance, pace, now);
      if (leftOut > 0 && last && left) {
        said.push(summaryOf(last, leftOut, pace));
        Object.assign(counted, { allowance: left, leftOut: 0, last: undefined });
      } else if (refilled(counted.allowance, pace, now).tokens >= pace.burst) this.#counted.delete(key);
    }
    return said;
  }

  #takeOf(key: string, pace: Pace, happening: Happening, now: number): boolean {
    const counted = this.#counted.get(key) ?? {
      ...{ pace, allowance: fullAllowance(pace, now), leftOut: 0, last: undefined },
    };
    this.#counted.set(key, counted);
    // What was left out is told before more of it.
    const left = counted.leftOut > 0 ? undefined : takeToken(counted.allowance, pace, now);
    if (left) counted.allowance = left;
    else Object.assign(counted, { leftOut: counted.leftOut + 1, last: happening });
    return left !== undefined;
  }
}

function summaryOf({ vm, kind, text }: Happening, leftOut: number, pace: Pace): Happening {
  const what = pace === THE_SAME ? `${leftOut} more times: ${text}` : `${leftOut} more of this kind were left out`;
  return { ...(vm === undefined ? {} : { vm }), kind, text: what, details: { leftOut } };
}
