import { Skeleton } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import { type ReactNode, useEffect, useState } from 'react';
import { FailureAlert, type FailureTexts } from './FailureAlert.tsx';

const PATIENCE_MS = 300;

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
  return data === undefined ? <Outline label={texts.loading} /> : children(data);
}

function Outline({ label }: { label: string }) {
  const [isShown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, []);
  return isShown ? <Skeleton h={200} role="status" aria-label={label} /> : null;
}
