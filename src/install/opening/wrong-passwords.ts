import { z } from 'zod';
import { AppError } from '../../lib/errors.ts';

/** So many wrong passwords cost nothing but their own time. */
const FREE = 3;
const FIRST_MS = 2000;
/** A machine is never locked for good: this is the longest that anybody waits for the next try. */
const LONGEST_MS = 15 * 60_000;

/** The wrong passwords since the last right one: how many, and when the last was tried, in ISO time. */
export const WrongPasswords = z.strictObject({ count: z.int().min(1), lastAt: z.iso.datetime() });
export type WrongPasswords = z.infer<typeof WrongPasswords>;

/** How long the next try has to wait. A clock that was set back counts as none of the time that has passed. */
export function pauseLeftMs(wrong: WrongPasswords | undefined, now: number): number {
  if (!wrong || wrong.count < FREE) return 0;
  const pauseMs = Math.min(FIRST_MS * 2 ** (wrong.count - FREE), LONGEST_MS);
  const passedMs = now - Date.parse(wrong.lastAt);
  return Math.max(pauseMs - Math.max(passedMs, 0), 0);
}

/** What a further wrong password makes of it. */
export function oneMore(wrong: WrongPasswords | undefined, now: number): WrongPasswords {
  return { count: (wrong?.count ?? 0) + 1, lastAt: new Date(now).toISOString() };
}

/** The pause begins anew where the clock says that the last try has yet to come: otherwise it would not end. */
export function mended(wrong: WrongPasswords, now: number): WrongPasswords {
  return Date.parse(wrong.lastAt) > now ? { ...wrong, lastAt: new Date(now).toISOString() } : wrong;
}

/** What wrong ones are counted of, and how a refusal says it. */
interface Guessed {
  vm: string;
  wrong: WrongPasswords | undefined;
  now: number;
  what?: string;
  code?: 'PASSWORD_PAUSE' | 'HOT_FIX_PAUSE';
}

/** A pause that begins anew is kept, by `keep`. @throws PASSWORD_PAUSE, or `code`, while the next try has to wait */
export async function requirePatience(
  { vm, wrong, now, what = 'passwords', code = 'PASSWORD_PAUSE' }: Guessed,
  keep: (wrong: WrongPasswords) => Promise<void>,
): Promise<void> {
  const leftMs = pauseLeftMs(wrong, now);
  if (!wrong || leftMs === 0) return;
  const anew = mended(wrong, now);
  if (anew !== wrong) await keep(anew);
  const seconds = Math.ceil(leftMs / 1000);
  const text = `after ${wrong.count} wrong ${what} the next for ${vm} is taken in ${seconds} s`;
  throw new AppError(code, text, { details: { vm, seconds } });
}
