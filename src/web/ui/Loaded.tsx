import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { FailureAlert, type FailureTexts } from './FailureAlert.tsx';
import { Pending } from './Pending.tsx';

/** What was asked for, once it is there; before, nothing for a moment, then its outline; or the failure, with a way to try again. */
export function Loaded<Answer>({
  query,
  texts,
  children,
}: {
  query: UseQueryResult<Answer>;
  texts: FailureTexts & { loading: string };
  children: (answer: Answer) => ReactNode;
}) {
  const { data, error, refetch } = query;
  if (error) return <FailureAlert error={error} texts={texts} onRetry={() => void refetch()} />;
  return data === undefined ? <Pending query={query} label={texts.loading} /> : children(data);
}
