import { Button, Group, Progress, Stack, Text } from '@mantine/core';
import type { ProgressAnswer } from '../../../api/install.ts';
import { bytesText, useLanguage } from '../../ui/texts/texts.ts';
import { useTexts } from '../texts/use-texts.ts';

interface InstallProgressProps {
  progress: ProgressAnswer | undefined;
  onCancel: () => void;
}

/** How far an installation is, with a way to end it: then nothing has changed. */
export function InstallProgress({ progress, onCancel }: InstallProgressProps) {
  const texts = useTexts();
  const language = useLanguage();
  const percent = progress && progress.totalBytes > 0 ? (100 * progress.doneBytes) / progress.totalBytes : 0;
  return (
    <Stack gap="xs">
      <Text size="sm" role="status">
        {progress ? `${texts.progress[progress.step]}: ${progress.what}` : texts.loading}
        {progress &&
          progress.totalBytes > 0 &&
          `, ${bytesText(progress.doneBytes, language)} / ${bytesText(progress.totalBytes, language)}`}
      </Text>
      <Progress value={percent} aria-label={progress ? texts.progress[progress.step] : texts.loading} />
      <Group>
        <Button variant="default" onClick={onCancel}>
          {texts.cancel}
        </Button>
      </Group>
    </Stack>
  );
}
