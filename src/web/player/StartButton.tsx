import { Button, Stack } from '@mantine/core';
import { FailureAlert } from '../ui/FailureAlert.tsx';
import { isAboutPassword, PasswordDialog } from './PasswordDialog.tsx';
import { useStart } from './service.ts';
import { useTexts } from './use-texts.ts';

/** Starts a machine; where its policy asks for a password, so does this. */
export function StartButton({ vm }: { vm: string }) {
  const texts = useTexts();
  const start = useStart();
  const asks = isAboutPassword(start.error);
  return (
    <Stack gap="xs" align="flex-start">
      {start.error && !asks && <FailureAlert error={start.error} texts={texts} />}
      <Button loading={start.isPending && !asks} onClick={() => start.mutate({ vm })}>
        {texts.start}
      </Button>
      <PasswordDialog vm={vm} title={`${texts.start}: ${vm}`} work={start} />
    </Stack>
  );
}
