/** Tells the time, milliseconds since 1970. Read once per operation and handed down as a value. */
export type Clock = () => number;

export const systemClock: Clock = () => Date.now();
