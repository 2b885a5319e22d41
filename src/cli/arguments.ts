import { InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { parseBytes } from '../lib/bytes.ts';
import { parseDuration } from '../lib/duration.ts';

/** The whole number that an option gives. */
export function wholeNumber(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number))
    throw new InvalidArgumentError(`${text} is not a whole number`);
  return number;
}

/** The TCP port that an option gives; 0 is any that is free. */
export function port(text: string): number {
  const number = wholeNumber(text);
  if (number > 65_535) throw new InvalidArgumentError(`${text} is not a port: 0 to 65535`);
  return number;
}

/** The day that an option gives, as policies write it. */
export function day(text: string): string {
  if (!z.iso.date().safeParse(text).success) throw new InvalidArgumentError(`${text} is not a day such as 2026-12-31`);
  return text;
}

/** Milliseconds of a duration option. */
export function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined || ms === 0) throw new InvalidArgumentError(`${text} is not a duration such as 12h or 30d`);
  return ms;
}

const MIB = 2 ** 20;

/** Mebibytes of a size such as 512M or 4G. */
export function mebibytes(text: string): number {
  const bytes = parseBytes(text);
  if (bytes === undefined || bytes % MIB !== 0)
    throw new InvalidArgumentError(`${text} is not a size such as 512M or 4G`);
  return bytes / MIB;
}

/** The same, where a bare number counts mebibytes. */
export function memory(text: string): number {
  return /^\d+$/.test(text) ? wholeNumber(text) : mebibytes(text);
}
