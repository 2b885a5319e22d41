import { Button, Code, Group } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { useCatalogue } from './texts/texts.ts';
import { ui } from './texts/texts-ui.ts';

/** A text of the kind that one copies, with the button that does so. `label` says what is copied, where there are several. */
export function CopyButton({ value, label }: { value: string; label?: string }) {
  const texts = useCatalogue(ui);
  const clipboard = useClipboard({ timeout: 2000 });
  return (
    <Group gap="xs" wrap="nowrap" align="flex-start">
      <Code style={{ overflowWrap: 'anywhere', flex: '0 1 auto' }}>{value}</Code>
      <Button
        size="compact-xs"
        variant="default"
        style={{ flex: 'none' }}
        aria-label={label === undefined ? undefined : `${texts.copy}: ${label}`}
        onClick={() => clipboard.copy(value)}
      >
        {clipboard.copied ? texts.copied : texts.copy}
      </Button>
    </Group>
  );
}
