import { Menu } from '@mantine/core';
import { LockedBy } from '../LockedBy.tsx';
import { useCatalogue } from '../texts/texts.ts';
import { deviceTexts } from '../texts/texts-devices.ts';
import type { MachineStream } from './use-stream.ts';

interface StreamItemProps {
  stream: MachineStream;
  /** Whose policy says who may connect it. */
  project: string;
  /** Opens the devices, where an account is asked for. */
  onDevices: () => void;
}

/** Whether a machine is heard in this page, or hears it; locked where the project lets nobody connect that. */
export function StreamItem({ stream: { kind, may, asksWho, isOn, toggle }, project, onDevices }: StreamItemProps) {
  const texts = useCatalogue(deviceTexts);
  if (may === undefined) return null;
  const isLocked = may === 'nobody';
  const { item } = texts.streams[kind];
  return (
    <Menu.CheckboxItem
      checked={isOn}
      disabled={isLocked}
      closeMenuOnClick
      rightSection={isLocked && <LockedBy text={texts.setBy(project)} />}
      onClick={asksWho && !isOn ? onDevices : toggle}
    >
      {asksWho && !isOn ? `${item} …` : item}
    </Menu.CheckboxItem>
  );
}
