import { Text } from '@mantine/core';

/** What a process says in its own words, below a sentence that does not have all of them. */
export function OwnWords({ words, isGerman = false }: { words?: string | undefined; isGerman?: boolean }) {
  if (words === undefined || words === '') return null;
  return (
    <Text
      size="xs"
      c="dimmed"
      lang={isGerman ? 'de' : 'en'}
      style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-line' }}
    >
      {words}
    </Text>
  );
}
