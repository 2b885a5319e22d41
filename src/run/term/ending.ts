const MINUTE_MS = 60_000;
/** How long before its end, at the latest, its user is told that a running machine will be ended. */
export const LAST_WARNING_MS = 15 * MINUTE_MS;
/** What he has from that warning on, however suddenly the end came: a clock was set, a policy was changed. */
export const GRACE_MS = 5 * MINUTE_MS;
/** How often the power button is pressed of a guest that does not shut down. */
const AGAIN_MS = 2 * MINUTE_MS;
/** A guest that does not shut down in this time is held still, with all that is in its memory. */
export const HOLD_MS = 6 * MINUTE_MS;

/** How far the ending of a running machine has come; moments of a clock that only runs forward, in milliseconds. */
export interface Ending {
  warnedAt?: number;
  firstPressedAt?: number;
  pressedAt?: number;
  /** It could not be suspended. */
  isUnsaved?: true;
  isHeld?: true;
}

/** What is to be done next with a machine that runs. */
export type EndingStep = 'nothing' | 'warn' | 'suspend' | 'press' | 'hold' | 'release';

/**
 * A machine whose time comes to its end is warned, then suspended. Where that fails its power button is pressed, again and again;
 * its guest is held still where it does not shut down. Nothing of it is ever lost: it is not powered off. More time takes all of it back.
 */
export function nextStep(
  leftMs: number,
  { warnedAt, firstPressedAt, pressedAt, isUnsaved, isHeld }: Ending,
  now: number,
): EndingStep {
  if (leftMs > LAST_WARNING_MS) return isHeld || warnedAt !== undefined ? 'release' : 'nothing';
  if (warnedAt === undefined) return 'warn';
  if (leftMs > 0) return isHeld ? 'release' : 'nothing';
  if (isHeld || now < warnedAt + GRACE_MS) return 'nothing';
  if (!isUnsaved) return 'suspend';
  if (firstPressedAt === undefined || pressedAt === undefined) return 'press';
  if (now >= firstPressedAt + HOLD_MS) return 'hold';
  return now >= pressedAt + AGAIN_MS ? 'press' : 'nothing';
}
