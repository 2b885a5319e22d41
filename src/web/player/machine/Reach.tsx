import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { FailureAlert } from '../../ui/FailureAlert.tsx';
import { StateBadge } from '../../ui/StateBadge.tsx';
import { ask } from '../service.ts';
import { useTexts } from '../texts/use-texts.ts';

/** Asks whether the machine may reach a place now, and by which entry: before one wonders why a program hangs. */
export function Reach({ vm }: { vm: string }) {
  const texts = useTexts();
  const [to, setTo] = useState('');
  const reach = useMutation({ mutationFn: () => ask('explain', { vm, query: { to: to.trim() } }) });
  const { data, error, isPending } = reach;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        reach.mutate();
      }}
    >
      <Stack gap="xs">
        <Group align="flex-end" wrap="nowrap">
          <TextInput
            flex={1}
            label={texts.reach}
            placeholder="intranet.example:443"
            required
            value={to}
            onChange={({ target }) => setTo(target.value)}
          />
          <Button type="submit" variant="default" loading={isPending}>
            {texts.ask}
          </Button>
        </Group>
        {data && (
          <Stack gap={4} role="status">
            <StateBadge
              kind={data.allowed ? 'normal' : 'refused'}
              word={data.allowed ? texts.allowed(data.to) : texts.notAllowed(data.to)}
            />
            <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
              {data.rule}
            </Text>
          </Stack>
        )}
        {error && <FailureAlert error={error} texts={texts} />}
      </Stack>
    </form>
  );
}
