import { Menu, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { MachineAnswer } from '../../../api/machine.ts';
import { LockedBy } from '../../ui/LockedBy.tsx';
import { ask, useProjectName } from '../service.ts';
import { useTexts } from '../texts/use-texts.ts';
import { useSendFiles } from './send-files.tsx';

/** Chooses files that go into the machine, for whoever drops none. Where its project closes that way, it is shown as locked. */
export function FileItem({ machine: { vm, rights } }: { machine: MachineAnswer }) {
  const texts = useTexts();
  const project = useProjectName();
  const send = useSendFiles(vm);
  const { data } = useQuery({ queryKey: ['clipboard', vm], queryFn: ({ signal }) => ask('clipboard', { vm, signal }) });
  const isLocked = rights?.files?.hostToGuest !== true;
  const isWithout = data?.hasAgent === false;
  const note = isLocked ? (
    <LockedBy text={texts.lockedBy(project)} />
  ) : (
    isWithout && (
      <Text component="span" size="xs" c="dimmed">
        {texts.clipboardNoAgent}
      </Text>
    )
  );
  return (
    <Menu.Item disabled={isLocked || isWithout} rightSection={note} onClick={() => choose(send)}>
      {texts.fileChoose} …
    </Menu.Item>
  );
}

function choose(send: (files: readonly File[]) => void): void {
  const input = document.createElement('input');
  input.type = 'file';
  input.multiple = true;
  input.onchange = () => send([...(input.files ?? [])]);
  input.click();
}
