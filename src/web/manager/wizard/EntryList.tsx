import { Button, Group, Input, Stack, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useId, useState } from 'react';
import { parseEntry } from '../../../policy/parts/access-entry.ts';
import { useCatalogue, useLanguage } from '../../ui/texts/texts.ts';
import { useResolved } from '../process.ts';
import { wizard } from '../texts/wizard.ts';

/** As many are drawn; whoever has more finds them by the filter. */
const MAX_SHOWN = 200;
const ROW_PX = 36;
const SHOWN_ROWS = 8;
const LIST = { listStyle: 'none', overflowY: 'auto' } as const;
const ROW = { borderBottom: '1px solid var(--mantine-color-default-border)', flex: 'none' } as const;
const TYPING_MS = 400;

/** Networks and machines, one a line. What is typed is read at once; a name shows what it stands for now. */
export function EntryList({
  entries,
  mode,
  label,
  problem,
  onEntries,
}: {
  entries: readonly string[];
  mode: 'whitelist' | 'blacklist';
  label: string;
  problem: string | undefined;
  onEntries: (entries: string[]) => void;
}) {
  const texts = useCatalogue(wizard);
  const language = useLanguage();
  const id = useId();
  const [typed, setTyped] = useState('');
  const [filter, setFilter] = useState('');
  const lines = typed
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const wrong = lines.map((line) => [line, parseEntry(line)] as const).find(([, read]) => typeof read === 'string');
  const fresh = [...new Set(lines)].filter((line) => !entries.includes(line));
  const matching = entries.filter((entry) => entry.includes(filter.trim().toLowerCase()));
  const more = matching.length - MAX_SHOWN;
  const add = () => {
    if (wrong || lines.length === 0) return;
    onEntries([...entries, ...fresh]);
    setTyped('');
  };
  return (
    <Stack gap="sm">
      <Text size="sm">{label}</Text>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          add();
        }}
      >
        <Input.Wrapper
          id={id}
          label={texts.entry}
          description={texts.entryHelp}
          error={wrong ? `${wrong[0]} ${wrong[1]}` : (problem ?? false)}
        >
          <Group align="flex-start" gap="xs" wrap="nowrap" mt={6}>
            <Input
              component="textarea"
              id={id}
              multiline
              flex={1}
              rows={lines.length > 1 ? 5 : 1}
              value={typed}
              onChange={({ target }) => setTyped(target.value)}
              onKeyDown={(event) => {
                if (event.key !== 'Enter' || event.shiftKey) return;
                event.preventDefault();
                add();
              }}
            />
            <Button type="submit" variant="default" disabled={wrong !== undefined || lines.length === 0}>
              {texts.add}
            </Button>
          </Group>
        </Input.Wrapper>
      </form>
      {lines.length === 1 && !wrong && <Resolved entry={lines[0] ?? ''} />}
      {entries.length > 8 && (
        <TextInput
          type="search"
          label={texts.filter}
          maw={320}
          value={filter}
          onChange={({ target }) => setFilter(target.value)}
        />
      )}
      {entries.length === 0 ? (
        <Text size="sm" c="dimmed">
          {texts.entriesNone[mode]}
        </Text>
      ) : (
        <Stack component="ul" aria-label={texts.entries} gap={0} m={0} p={0} mah={SHOWN_ROWS * ROW_PX} style={LIST}>
          {matching.slice(0, MAX_SHOWN).map((entry) => (
            <Group component="li" key={entry} justify="space-between" wrap="nowrap" h={ROW_PX} style={ROW}>
              <Text size="sm" truncate title={entry}>
                {entry}
              </Text>
              <Button
                size="compact-sm"
                variant="subtle"
                aria-label={texts.remove(entry)}
                onClick={() => onEntries(entries.filter((kept) => kept !== entry))}
              >
                ✕
              </Button>
            </Group>
          ))}
        </Stack>
      )}
      {more > 0 && (
        <Text size="sm" c="dimmed">
          {texts.entriesMore(new Intl.NumberFormat(language).format(more))}
        </Text>
      )}
    </Stack>
  );
}

/** What a name that is being typed stands for now (ACE 1.0 p. 232); nothing where it is an address. */
function Resolved({ entry }: { entry: string }) {
  const texts = useCatalogue(wizard);
  const [name] = useDebouncedValue(entry, TYPING_MS);
  const read = parseEntry(name);
  const isName = typeof read !== 'string' && read.target.kind === 'name';
  const { data } = useResolved(name, isName);
  if (!isName || !data) return null;
  const { addresses } = data;
  return (
    <Text size="sm" c="dimmed" role="status">
      {addresses.length === 0 ? texts.unresolved : texts.resolved(addresses.join(', '))}
    </Text>
  );
}
