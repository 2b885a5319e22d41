import { Button, Group, Table, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { PATHS } from '../../api/paths.ts';
import { FailureAlert } from '../ui/FailureAlert.tsx';
import { Pending } from '../ui/Pending.tsx';
import { useSaid } from '../ui/texts/said.ts';
import { momentText, useLanguage } from '../ui/texts/texts.ts';
import { useEvents } from './service.ts';
import { type EventText, eventText } from './texts/event-text.ts';
import { useTexts } from './texts/use-texts.ts';

/** What happened and why, newest first. */
export function Events() {
  const texts = useTexts();
  const language = useLanguage();
  const said = useSaid();
  const [filter, setFilter] = useState('');
  const query = useEvents();
  const { data, error, refetch } = query;
  if (error) return <FailureAlert error={error} texts={texts} onRetry={() => void refetch()} />;
  if (data === undefined) return <Pending query={query} label={texts.loading} />;
  if (data.length === 0)
    return (
      <>
        <Support />
        <Text>{texts.noEvents}</Text>
      </>
    );
  const shown = data
    .map((event, index) => ({ key: data.length - index, ...event, ...eventText(event, { language, said }) }))
    .filter((event) => isLike(event, filter));
  return (
    <>
      <Support />
      <TextInput label={texts.filter} value={filter} onChange={({ target }) => setFilter(target.value)} mb="md" />
      <Table verticalSpacing="xs">
        <Table.Tbody>
          {shown.map(({ key, at, vm, text, words }) => (
            <Table.Tr key={key}>
              <Table.Td style={{ whiteSpace: 'nowrap' }}>
                <time dateTime={at} title={at}>
                  {momentText(at, language)}
                </time>
              </Table.Td>
              <Table.Td>{vm}</Table.Td>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>
                {text}
                {words !== undefined && (
                  <Text size="xs" c="dimmed" lang="en">
                    {words}
                  </Text>
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </>
  );
}

/** What somebody who is to help wants to see, as a file. */
function Support() {
  const texts = useTexts();
  return (
    <Group mb="md" gap="sm">
      <Button
        component="a"
        variant="default"
        href={`/api${PATHS.support.path}`}
        download="lazaret-support.json"
        size="compact-sm"
      >
        {texts.support}
      </Button>
      <Text size="sm" c="dimmed">
        {texts.supportHelp}
      </Text>
    </Group>
  );
}

function isLike({ vm = '', text, words = '' }: EventText & { vm?: string }, filter: string): boolean {
  return `${vm} ${text} ${words}`.toLowerCase().includes(filter.toLowerCase());
}
