import { Button, Group, Modal, Text } from '@mantine/core';
import { useWindowEvent } from '@mantine/hooks';
import { useBlocker } from 'react-router';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { frame } from '../texts/frame.ts';

/** Asks before what is not saved is left; `stays` are paths below which nothing is lost. */
export function LeaveGuard({ isDirty, stays }: { isDirty: boolean; stays: string }) {
  const texts = useCatalogue(frame);
  const blocker = useBlocker(({ nextLocation }) => isDirty && !nextLocation.pathname.startsWith(stays));
  useWindowEvent('beforeunload', (event) => {
    if (isDirty) event.preventDefault();
  });
  return (
    <Modal
      opened={blocker.state === 'blocked'}
      onClose={() => blocker.reset?.()}
      title={texts.leaveTitle}
      closeButtonProps={{ 'aria-label': texts.close }}
    >
      <Text mb="md">{texts.leaveText}</Text>
      <Group justify="flex-end">
        <Button variant="default" onClick={() => blocker.reset?.()}>
          {texts.stay}
        </Button>
        <Button onClick={() => blocker.proceed?.()}>{texts.leave}</Button>
      </Group>
    </Modal>
  );
}
