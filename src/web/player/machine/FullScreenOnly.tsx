import { Button, Stack, Text } from '@mantine/core';
import { LockedBy } from '../../ui/LockedBy.tsx';
import { useProjectName } from '../service.ts';
import { useTexts } from '../texts/use-texts.ts';

/** In place of a screen that is shown on the full screen alone: a browser gives that only to a click. */
export function FullScreenOnly({ onFullScreen }: { onFullScreen: () => void }) {
  const texts = useTexts();
  const project = useProjectName();
  return (
    <Stack p="md" align="flex-start">
      <Text>{texts.fullScreenOnly(project)}</Text>
      <LockedBy text={texts.lockedBy(project)} />
      <Button onClick={onFullScreen}>{texts.fullScreen}</Button>
    </Stack>
  );
}
