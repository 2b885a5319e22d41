import { Badge } from '@mantine/core';

/** The four states, in the one order everywhere: sign, word, colour. */
export type StateKind = 'normal' | 'restricted' | 'refused' | 'unknown';

const LOOK = {
  normal: { color: '#1d6b2e', sign: '✓' },
  restricted: { color: '#f2b01e', sign: '◐' },
  refused: { color: '#a31515', sign: '▬' },
  unknown: { color: '#495057', sign: '–' },
} as const satisfies Record<StateKind, { color: string; sign: string }>;

/** A state by its sign, its word and its colour: never by colour alone. */
export function StateBadge({ kind, word }: { kind: StateKind; word: string }) {
  const { color, sign } = LOOK[kind];
  return (
    <Badge
      color={color}
      variant="filled"
      autoContrast
      tt="none"
      radius="sm"
      leftSection={<span aria-hidden>{sign}</span>}
    >
      {word}
    </Badge>
  );
}
