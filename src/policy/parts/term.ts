import { parseDuration } from '../../lib/duration.ts';
import { type Expiration, MOST_DAYS } from '../expiration.ts';
import { DAY_MS } from './fields.ts';

/** Another end than the policy’s, given by a plug-in. */
export interface Renewal {
  /** The limit that it was given for, as `limitOf` names it: another one ends it. */
  of: string;
  /** When it was given, in milliseconds. */
  at: number;
  /** The first moment that is too late; null: none. */
  endsAt: number | null;
}

/** What a machine’s end follows from beside its policy. */
export interface TermFacts {
  /** When it was installed, or last replaced, in milliseconds; undefined where no days are counted (preview). */
  startedAt: number | undefined;
  renewal?: Renewal | undefined;
}

/** How it stands with the time that a machine may be used. */
export interface Term {
  state: 'valid' | 'warned' | 'expired';
  /** The first moment that is too late; undefined where it never ends. */
  endsAt?: number;
  /** Whole days after today on which it may be used; 0 on its last day and afterwards. */
  daysLeft?: number;
  /** The administrator’s text for this state. */
  message?: string;
}

/** Whether a machine may be used at `now`, in milliseconds of a time that never goes back, and how long still. */
export function termOf(expiration: Expiration, facts: TermFacts, now: number): Term {
  const endsAt = endOf(expiration, facts);
  if (expiration.type === 'never' || endsAt === undefined) return { state: 'valid' };
  const daysLeft = Math.max(0, Math.round((endOfDay(endsAt - 1) - endOfDay(now)) / DAY_MS));
  const text = (message: string | undefined) => (message === undefined ? {} : { message });
  if (now >= endsAt) return { state: 'expired', endsAt, daysLeft: 0, ...text(expiration.message) };
  const { warning } = expiration;
  const isWarned = warning !== undefined && now >= endsAt - (parseDuration(warning.before) ?? 0);
  if (!isWarned) return { state: 'valid', endsAt, daysLeft };
  return { state: 'warned', endsAt, daysLeft, ...text(warning.message) };
}

/** Whether a machine that is installed at `now` could not be used once; what a plug-in would say of its end nobody knows. */
export function isOverAtOnce(expiration: Expiration, now: number): boolean {
  if (expiration.type === 'never' || expiration.renewal) return false;
  return termOf(expiration, { startedAt: now }, now).state === 'expired';
}

/** The limit of a policy, without its texts: what a renewal is given for. */
export function limitOf(expiration: Expiration): string {
  switch (expiration.type) {
    case 'never':
      return 'never';
    case 'days':
      return `days ${expiration.days}`;
    case 'date':
      return `date ${expiration.date}`;
  }
}

/** The first moment that is too late, or undefined where there is none. */
function endOf(expiration: Expiration, { startedAt, renewal }: TermFacts): number | undefined {
  if (renewal && holds(renewal, expiration, startedAt)) return renewal.endsAt ?? undefined;
  switch (expiration.type) {
    case 'never':
      return undefined;
    case 'days':
      return startedAt === undefined ? undefined : endOfDay(startedAt, expiration.days);
    case 'date':
      return endOfDate(expiration.date);
  }
}

/** A renewal is of one limit; days begin anew with an installation after it. */
function holds({ of, at }: Renewal, expiration: Expiration, startedAt: number | undefined): boolean {
  if (of !== limitOf(expiration)) return false;
  return expiration.type !== 'days' || startedAt === undefined || at >= startedAt;
}

/** The end of the day that is so many days after the one of `now`, as this computer counts days: the next one’s first moment. */
export function endOfDay(now: number, days = 0): number {
  const day = new Date(now);
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() + days + 1).getTime();
}

/** The end of a day such as `2026-12-31`, which may be used too. */
export function endOfDate(date: string): number {
  const [year = 0, month = 1, day = 1] = date.split('-').map(Number);
  return new Date(year, month - 1, day + 1).getTime();
}

/**
 * The end that a renewal plug-in’s word names (ACE 1.0 pp. 246-247): null for never, undefined where it changes nothing.
 *
 * 0             | no change
 * -1            | never
 * 1 … 32767     | so many days from today on
 * above         | seconds since 1970, rounded up to that day’s midnight: what is past is expired
 *
 * Anything else is no word, and gives `void`.
 */
export function renewedEnd(word: string, now: number): number | null | undefined | 'void' {
  if (!/^(-1|0|[1-9]\d{0,11})$/.test(word)) return 'void';
  const number = Number(word);
  if (number === 0) return undefined;
  if (number === -1) return null;
  if (number <= MOST_DAYS) return endOfDay(now, number);
  return endOfDay(number * 1000 - 1);
}

/** A machine’s end as plug-ins are told it: seconds since 1970, -1 for never, 0 once it has expired. */
export function expireTime({ state, endsAt }: Term): string {
  if (endsAt === undefined) return '-1';
  return state === 'expired' ? '0' : `${Math.floor(endsAt / 1000)}`;
}
