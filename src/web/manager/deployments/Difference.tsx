import { Code, List, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { DifferenceAnswer } from '../../../api/manager/deployments.ts';
import { Loaded } from '../../ui/Loaded.tsx';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { ask } from '../process.ts';
import { deployments } from '../texts/deployments.ts';
import { frame } from '../texts/frame.ts';

/** What differs from a deploy to a later one, or to the project where none is named. */
export function useDifference(from: string, to: string | undefined) {
  const query = { from, ...(to === undefined ? {} : { to }) };
  return useQuery({
    queryKey: ['difference', from, to],
    queryFn: ({ signal }) => ask('difference', { query, signal }),
  });
}

/** A difference in words first, and as YAML below. */
export function Difference({ from, to }: { from: string; to: string | undefined }) {
  const texts = useCatalogue(deployments);
  return (
    <Loaded query={useDifference(from, to)} texts={useCatalogue(frame)}>
      {({ machines }) =>
        machines.length === 0 ? (
          <Text size="sm">{texts.same}</Text>
        ) : (
          <Stack>
            <DifferenceWords machines={machines} />
            <details>
              <summary>{texts.yaml}</summary>
              {machines.map(({ vm, before, after }) => (
                <Stack key={vm} gap="xs" mt="sm">
                  <Title order={3} size="h6">
                    {vm}
                  </Title>
                  <SimpleGrid cols={{ base: 1, md: 2 }}>
                    <Side label={`${texts.before}: ${vm}`} text={before ?? texts.absent} />
                    <Side label={`${texts.after}: ${vm}`} text={after ?? texts.absent} />
                  </SimpleGrid>
                </Stack>
              ))}
            </details>
          </Stack>
        )
      }
    </Loaded>
  );
}

export function DifferenceWords({ machines }: DifferenceAnswer) {
  return machines.map(({ vm, words }) => (
    <Stack key={vm} gap={4}>
      <Title order={3} size="h6">
        {vm}
      </Title>
      <List size="sm" aria-label={vm}>
        {words.map((text) => (
          <List.Item key={text} style={{ overflowWrap: 'anywhere' }}>
            {text}
          </List.Item>
        ))}
      </List>
    </Stack>
  ));
}

function Side({ label, text }: { label: string; text: string }) {
  return (
    <Stack gap={4} miw={0}>
      <Text size="xs">{label}</Text>
      <Code block mah={320} tabIndex={0} role="region" aria-label={label} style={{ overflow: 'auto' }}>
        {text}
      </Code>
    </Stack>
  );
}
