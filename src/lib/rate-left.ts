/** Before this much time has gone, nothing is said of a rate. */
const LEAST_MS = 200;

/** How fast something goes, and how long it still takes at that rate. */
export interface RateLeft {
  perSecond: number;
  secondsLeft: number;
}

/** Undefined while nothing is known of it. */
export function rateLeft(done: number, total: number, elapsedMs: number): RateLeft | undefined {
  if (elapsedMs < LEAST_MS || done === 0) return undefined;
  const perSecond = done / (elapsedMs / 1000);
  return { perSecond, secondsLeft: Math.max(0, Math.ceil((total - done) / perSecond)) };
}
