import type { AppError } from '../../lib/errors.ts';
import type { Term } from '../../policy/parts/term.ts';
import type { Decision } from '../../quarantine/decide.ts';
import type { CurrentPolicy } from '../../servers/policies.ts';

/** What is known of a machine that is about to start. */
export interface Start {
  vm: string;
  policy: CurrentPolicy;
  decision: Decision;
  /** How it stands with its time. */
  term: Term;
  /** Why it is not where it was installed; undefined where it is. */
  movedFrom?: string | undefined;
}

/** What one policy says to a start: why the machine may not, or nothing. */
export type Gate = (start: Start) => AppError | undefined;
