import type { Term } from '../../policy/parts/term.ts';

/** What anybody may know of the time that a machine may be used; nothing of one that never expires. */
export interface TermReport {
  expiration?: { state: Term['state']; endsAt: string; daysLeft: number; message?: string };
}

export function termReport({ state, endsAt, daysLeft = 0, message }: Term): TermReport {
  if (endsAt === undefined) return {};
  const text = message === undefined ? {} : { message };
  return { expiration: { state, endsAt: new Date(endsAt).toISOString(), daysLeft, ...text } };
}
