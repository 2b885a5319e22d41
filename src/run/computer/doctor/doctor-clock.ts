import { AppError } from '../../../lib/errors.ts';
import { hasProgram, run } from '../../../sys/programs/exec.ts';
import type { Check } from './doctor.ts';

const ASK_MS = 10_000;
/** Clocks of administrators and users differ a little. */
const NEARLY_MS = 10 * 60_000;
const SET = [['timedatectl', 'set-ntp', 'true']] as const;
const BY_NETWORK = 'have it set by the network: timedatectl set-ntp true';

export interface ClockFacts {
  now: number;
  /** The newest time that the project has signed here. */
  signedAt?: number | undefined;
  /** What `timedatectl show` says; undefined where it says nothing. */
  said: string | undefined;
}

export async function lookAtClock(now: number, signedAt: number | undefined): Promise<Check[]> {
  return clockChecks({ now, signedAt, said: await timedate() });
}

/** Whether the clock is behind what was signed, and whether anybody sets it. */
export function clockChecks({ now, signedAt, said = '' }: ClockFacts): Check[] {
  const field = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(said)?.[1];
  const mend = field('CanNTP') === 'yes' && field('NTP') === 'no' ? { mend: SET } : {};
  const checks: Check[] = [];
  if (signedAt !== undefined) {
    const isBehind = signedAt - now > NEARLY_MS;
    const remedy = `it says ${text(now)}, and the project has signed something at ${text(signedAt)} already: set it right, or ${BY_NETWORK}`;
    checks.push({ what: 'the clock is not behind what was signed', ok: !isBehind, remedy, ...(isBehind ? mend : {}) });
  }
  if (field('NTPSynchronized') !== undefined) {
    const isSet = field('NTPSynchronized') === 'yes';
    const note = field('NTP') === 'yes' ? 'no time server has answered yet' : `nobody sets it; ${BY_NETWORK}`;
    checks.push({ what: 'the clock is set by the network', ok: true, remedy: '', ...(isSet ? {} : { note, ...mend }) });
  }
  return checks;
}

function text(at: number): string {
  return new Date(at).toISOString();
}

/** Nothing where systemd does not keep the time. */
async function timedate(): Promise<string | undefined> {
  if (!hasProgram('timedatectl')) return undefined;
  try {
    return (await run('timedatectl', ['show'], { timeoutMs: ASK_MS })).stdout;
  } catch (error) {
    if (error instanceof AppError && error.code.startsWith('PROGRAM_')) return undefined;
    throw error;
  }
}
