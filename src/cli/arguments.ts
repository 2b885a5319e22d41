import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../lib/duration.ts';

/** The whole number that an option gives. */
export function wholeNumber(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number))
    throw new InvalidArgumentError(`${text} is no whole number`);
  return number;
}

/** Milliseconds of a duration option. */
export function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined || ms === 0) throw new InvalidArgumentError(`${text} is no duration such as 12h or 30d`);
  return ms;
}
