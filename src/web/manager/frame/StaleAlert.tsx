import { Alert, Button, Group, Text } from '@mantine/core';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { frame } from '../texts/frame.ts';

/** Somebody else has changed what is being changed here: it is said before anything is saved. */
export function StaleAlert({ text, onTakeOver }: { text?: string; onTakeOver: () => void }) {
  const texts = useCatalogue(frame);
  return (
    <Alert color="yellow" role="alert">
      <Group justify="space-between">
        <Text size="sm">{text ?? texts.changedMeanwhile}</Text>
        <Button size="compact-sm" variant="default" onClick={onTakeOver}>
          {texts.takeOver}
        </Button>
      </Group>
    </Alert>
  );
}
