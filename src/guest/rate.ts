/** How many requests a guest may make at once, and how long until it may make another. */
const BURST = 5;
const REFILL_MS = 1000;

/** What is left of a guest’s allowance. */
export interface Allowance {
  tokens: number;
  at: number;
}

export function fullAllowance(now: number): Allowance {
  return { tokens: BURST, at: now };
}

/** Takes one request from the allowance, or returns undefined when none is left: five at once, then one a second. */
export function takeToken(allowance: Allowance, now: number): Allowance | undefined {
  const tokens = Math.min(BURST, allowance.tokens + Math.max(0, now - allowance.at) / REFILL_MS);
  return tokens < 1 ? undefined : { tokens: tokens - 1, at: now };
}
