import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { MachineAnswer } from '../../../api/machine.ts';
import { FailureAlert } from '../../ui/FailureAlert.tsx';
import { useStop, useSuspend } from '../service.ts';
import { useTexts } from '../texts/use-texts.ts';
import { isOn } from './machine-state.ts';

/**
 * Where the project leaves it to its user, whoever closes the player is asked what comes of the machine. A browser’s own question has two
 * answers alone: who stays has ours before him.
 */
export function AskOnExit({ machine }: { machine: MachineAnswer }) {
  const { vm } = machine;
  const texts = useTexts();
  const stop = useStop();
  const suspend = useSuspend();
  const [isOpen, setOpen] = useState(false);
  const isAsked = machine.rights?.exit === 'ask' && isOn(machine);
  useEffect(() => {
    if (!isAsked) return undefined;
    const ask = (event: BeforeUnloadEvent) => {
      event.preventDefault();
      setOpen(true);
    };
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, [isAsked]);
  const error = suspend.error ?? stop.error;
  return (
    <Modal
      opened={isOpen && isAsked}
      onClose={() => setOpen(false)}
      title={texts.exitTitle(vm)}
      closeButtonProps={{ 'aria-label': texts.close }}
    >
      <Stack>
        <Text>{texts.exitHelp}</Text>
        {error && <FailureAlert error={error} texts={texts} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={() => setOpen(false)}>
            {texts.cancel}
          </Button>
          <Button variant="default" loading={stop.isPending} onClick={() => stop.mutate({ vm, force: false })}>
            {texts.stop}
          </Button>
          <Button data-autofocus loading={suspend.isPending} onClick={() => suspend.mutate(vm)}>
            {texts.suspend}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
