import { Button, Group, Skeleton, Stack, Text } from '@mantine/core';
import { type UseQueryResult, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useCatalogue } from './texts/texts.ts';
import { ui } from './texts/texts-ui.ts';

const OUTLINE_MS = 300;
const SLOW_MS = 4000;

/**
 * What stands where an answer is not there yet: nothing for a moment, then its outline; after a while what may be the reason,
 * and the way to stop waiting. It comes by itself all the same, whenever something happens.
 */
export function Pending<Answer>({ query, label }: { query: UseQueryResult<Answer>; label: string }) {
  const texts = useCatalogue(ui);
  const queries = useQueryClient();
  const [waited, setWaited] = useState<'no' | 'a-moment' | 'long'>('no');
  const isStopped = query.fetchStatus !== 'fetching';
  useEffect(() => {
    if (isStopped) return undefined;
    setWaited('no');
    const timers = [setTimeout(() => setWaited('a-moment'), OUTLINE_MS), setTimeout(() => setWaited('long'), SLOW_MS)];
    return () => timers.forEach(clearTimeout);
  }, [isStopped]);
  if (isStopped)
    return (
      <Group role="status">
        <Text size="sm">{texts.stopped}</Text>
        <Button size="compact-sm" variant="default" onClick={() => void query.refetch()}>
          {texts.again}
        </Button>
      </Group>
    );
  if (waited === 'no') return null;
  return (
    <Stack gap="xs">
      {waited === 'long' && (
        <Group role="status">
          <Text size="sm">{texts.slow}</Text>
          <Button size="compact-sm" variant="default" onClick={() => void queries.cancelQueries()}>
            {texts.stopWaiting}
          </Button>
        </Group>
      )}
      <Skeleton h={200} role="status" aria-label={label} />
    </Stack>
  );
}

/** Says whether something that changes something goes on for long, or, with `since`, for long without another value of it. */
export function useIsLong(isOn: boolean, since?: unknown): boolean {
  const [isLong, setLong] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another value begins anew
  useEffect(() => {
    setLong(false);
    if (!isOn) return undefined;
    const timer = setTimeout(() => setLong(true), SLOW_MS);
    return () => clearTimeout(timer);
  }, [isOn, since]);
  return isLong;
}
