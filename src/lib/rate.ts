/** How often something may happen: so many times at once, and then once in `refillMs`. */
export interface Pace {
  burst: number;
  refillMs: number;
}

/** What is left of it. */
export interface Allowance {
  tokens: number;
  at: number;
}

export function fullAllowance({ burst }: Pace, now: number): Allowance {
  return { tokens: burst, at: now };
}

/** What has come back by `now`. */
export function refilled({ tokens, at }: Allowance, { burst, refillMs }: Pace, now: number): Allowance {
  return { tokens: Math.min(burst, tokens + Math.max(0, now - at) / refillMs), at: now };
}

/** Takes one from the allowance, or returns undefined when none is left. */
export function takeToken(allowance: Allowance, pace: Pace, now: number): Allowance | undefined {
  const { tokens } = refilled(allowance, pace, now);
  return tokens < 1 ? undefined : { tokens: tokens - 1, at: now };
}
