import { Menu, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { MachineAnswer } from '../../../api/machine.ts';
import { LockedBy } from '../../ui/LockedBy.tsx';
import { ask, useProjectName } from '../service.ts';
import { useTexts } from '../texts/use-texts.ts';
import type { MachineClipboard } from './clipboard.ts';

interface ClipboardItemsProps {
  machine: MachineAnswer;
  clipboard: MachineClipboard;
}

/** Both ways of the clipboard. A way that the project closes is shown as locked; a guest without an agent is said. */
export function ClipboardItems({ machine: { vm, rights }, clipboard }: ClipboardItemsProps) {
  const texts = useTexts();
  const project = useProjectName();
  const { data } = useQuery({
    queryKey: ['clipboard', vm],
    queryFn: ({ signal }) => ask('clipboard', { vm, signal }),
  });
  const { hostToGuest = false, guestToHost = false } = rights?.clipboard ?? {};
  const note = (isOpen: boolean) => {
    if (!isOpen) return <LockedBy text={texts.lockedBy(project)} />;
    return (
      data?.hasAgent === false && (
        <Text component="span" size="xs" c="dimmed">
          {texts.clipboardNoAgent}
        </Text>
      )
    );
  };
  const isWithout = data?.hasAgent === false;
  return (
    <>
      <Menu.Item disabled={!hostToGuest || isWithout} rightSection={note(hostToGuest)} onClick={clipboard.give}>
        {texts.clipboardGive}
      </Menu.Item>
      <Menu.Item disabled={!guestToHost || isWithout} rightSection={note(guestToHost)} onClick={clipboard.take}>
        {texts.clipboardTake}
      </Menu.Item>
    </>
  );
}
