import type { Decision } from './decide.ts';

/** Every reason that an access can have: that of a decision, power on without policies, a filter that was not set. */
export type ReasonCode = Decision['reason'] | 'free' | 'closed';

/** A reason by its code, with what stands in its sentence: for whoever says it in another language. */
export interface Why {
  code: ReasonCode;
  /** The version that is due. */
  next?: string;
  /** ISO time when what is tolerated ends. */
  until?: string;
}

export function whyOf(decision: Decision): Why {
  switch (decision.reason) {
    case 'grace':
      return { code: 'grace', next: decision.newer.name, until: new Date(decision.until).toISOString() };
    case 'outdated':
      return { code: 'outdated', ...(decision.due ? { next: decision.due.name } : {}) };
    default:
      return { code: decision.reason };
  }
}
