import { Stack, Text } from '@mantine/core';
import { type DragEvent, type ReactNode, useState } from 'react';
import type { MachineAnswer } from '../../../api/machine.ts';
import { LockedBy } from '../../ui/LockedBy.tsx';
import { useProjectName } from '../service.ts';
import { useTexts } from '../texts/use-texts.ts';
import { useSendFiles } from './send-files.tsx';

/** A machine’s screen, onto which files are dropped that are to go into it. Where its project closes that way, it says so before. */
export function DropFiles({ machine: { vm, rights }, children }: { machine: MachineAnswer; children: ReactNode }) {
  const texts = useTexts();
  const project = useProjectName();
  const send = useSendFiles(vm);
  const [isOver, setOver] = useState(false);
  const mayDrop = rights?.files?.hostToGuest === true;
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    if (mayDrop) send([...event.dataTransfer.files]);
  };
  return (
    <Stack
      flex={1}
      mih={0}
      gap={0}
      pos="relative"
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      {children}
      {isOver && (
        <Stack
          pos="absolute"
          inset={0}
          align="center"
          justify="center"
          role="status"
          bg="var(--mantine-color-body)"
          opacity={0.9}
          style={{ pointerEvents: 'none' }}
        >
          <Text fw={600}>{mayDrop ? texts.fileDrop(vm) : texts.fileLocked}</Text>
          {!mayDrop && <LockedBy text={texts.lockedBy(project)} />}
        </Stack>
      )}
    </Stack>
  );
}
