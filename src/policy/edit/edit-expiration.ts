import type { Expiration } from '../expiration.ts';

/** What an administrator may change of an expiration; what is absent stays as it is. */
export interface ExpirationChange {
  never?: boolean;
  days?: number;
  date?: string;
  message?: string;
  warnBefore?: string;
  warning?: string;
  /** A file of the resources; false: none is asked any more. */
  renewal?: string | boolean;
  argument?: string[];
  timeout?: string;
  network?: boolean;
}

/**
 * An expiration with some settings changed, still to be parsed: a setting that its type has not is left in, so that the schema
 * refuses it.
 */
export function changeExpiration(before: Expiration | undefined, change: ExpirationChange): unknown {
  const { message, warning, renewal } = endingOf(before, change.never === true);
  const warned = given({ ...warning, ...given({ before: change.warnBefore, message: change.warning }) });
  const { renewal: file, argument, timeout, network } = change;
  const script = given({ ...renewal, ...given({ file, arguments: argument, timeout, network }) });
  return {
    ...limitIn(before, change),
    ...given({ message: change.message ?? message }),
    ...(Object.keys(warned).length > 0 ? { warning: warned } : {}),
    ...(file !== false && Object.keys(script).length > 0 ? { renewal: script } : {}),
  };
}

type Ending = Pick<Extract<Expiration, { type: 'days' }>, 'message' | 'warning' | 'renewal'>;

/** What is said and asked at the end; nothing of it is left where there is none. */
function endingOf(before: Expiration | undefined, isNever: boolean): Partial<Ending> {
  return isNever || before === undefined || before.type === 'never' ? {} : before;
}

function limitIn(before: Expiration | undefined, { never, days, date }: ExpirationChange): object {
  if (never) return { type: 'never' };
  if (days !== undefined) return { type: 'days', days };
  if (date !== undefined) return { type: 'date', date };
  if (before?.type === 'days') return { type: 'days', days: before.days };
  if (before?.type === 'date') return { type: 'date', date: before.date };
  return { type: 'never' };
}

function given(settings: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}
