import { Box, Text } from '@mantine/core';
import { StateBadge, type StateKind } from '../../ui/StateBadge.tsx';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { wizard } from '../texts/wizard.ts';

/** The player’s own colours, whatever theme this page has. */
const THEMES = [
  { name: 'light', background: '#ffffff', text: '#000000', border: '#ced4da' },
  { name: 'dark', background: '#242424', text: '#c9c9c9', border: '#424242' },
] as const;

/** The bar of the player as its user sees it, with a message, in both themes. */
export function BarPicture({
  vm,
  kind,
  word,
  message,
}: {
  vm: string;
  kind: StateKind;
  word: string;
  message: string;
}) {
  const texts = useCatalogue(wizard);
  return (
    <Box role="img" aria-label={`${texts.picture}: ${vm}, ${word}: ${message || texts.nothingSaid}`}>
      {THEMES.map(({ name, background, text, border }) => (
        <Box
          key={name}
          aria-hidden
          mb="xs"
          px="sm"
          py={6}
          bg={background}
          c={text}
          style={{ border: `1px solid ${border}`, borderRadius: 4, display: 'flex', gap: 12, alignItems: 'center' }}
        >
          <Text fw={600} size="sm" truncate maw={120} c={text}>
            {vm}
          </Text>
          <Box style={{ flex: 'none' }}>
            <StateBadge kind={kind} word={word} />
          </Box>
          <Text size="sm" flex={1} truncate c={text}>
            {message}
          </Text>
          <Text size="sm" px={8} c={text} style={{ border: `1px solid ${border}`, borderRadius: 4, flex: 'none' }}>
            {texts.why}
          </Text>
        </Box>
      ))}
    </Box>
  );
}
