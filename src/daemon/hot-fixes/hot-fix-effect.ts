import type { HotFixAnswer } from '../../api/hot-fix.ts';
import type { Effect, Pending } from '../../install/hot-fix/pending.ts';
import { type Expiration, NEVER } from '../../policy/expiration.ts';
import { endOfDate, endOfDay, limitOf } from '../../policy/parts/term.ts';
import type { Said } from './hot-fix-answers.ts';

interface Facts {
  vm: string;
  pending: Pending;
  said: Said;
  /** A time that never goes back, in milliseconds: days count from its day on. */
  now: number;
  expiration: Expiration | undefined;
}

/** What an answer does, with nothing left to work out, and in words. */
export function foreseen({ vm, pending, said, now, expiration }: Facts): { effect: Effect; answer: HotFixAnswer } {
  const effect = effectOf(said.given, pending, now, expiration);
  const { problem } = pending;
  const kind = effect.kind === 'recovery' ? effect.by : effect.kind;
  return {
    effect,
    answer: {
      ...{ vm, problem, kind, text: textOf(vm, effect) },
      ...(said.message === '' ? {} : { message: said.message }),
      ...(effect.kind === 'renewal' ? { endsAt: new Date(effect.renewal.endsAt ?? 0).toISOString() } : {}),
      ...(effect.kind === 'place' ? { path: effect.place.path } : {}),
    },
  };
}

function effectOf(given: Said['given'], pending: Pending, now: number, expiration: Expiration = NEVER): Effect {
  const renewed = (endsAt: number): Effect => ({
    kind: 'renewal',
    renewal: { of: limitOf(expiration), at: now, endsAt },
  });
  switch (given.kind) {
    case 'days':
      return renewed(endOfDay(now, given.days));
    case 'date':
      return renewed(endOfDate(given.date));
    case 'place':
      return { kind: 'place', place: pending.place };
    case 'password':
    case 'new-password':
    case 'recovery':
    case 'denied':
      return given;
  }
}

function textOf(vm: string, effect: Effect): string {
  switch (effect.kind) {
    case 'denied':
      return `the request for ${vm} is denied`;
    case 'renewal': {
      const last = new Date((effect.renewal.endsAt ?? 0) - 1).toLocaleDateString('sv-SE');
      return `${vm} may be used until ${last}`;
    }
    case 'place':
      return `${vm} may run where it is: ${effect.place.path}`;
    case 'password':
      return `${vm} opens once with the password that your administrator tells you, and a new one is chosen then`;
    case 'recovery':
      return effect.by === 'password'
        ? `${vm} opens once with the password that your administrator tells you, and a new one is chosen then`
        : `${vm} opens once with these letters as its password, and a new one is chosen then`;
    case 'new-password':
      return `whoever opens ${vm} next chooses a new password`;
  }
}
