import { Menu } from '@mantine/core';
import { LockedBy } from '../../ui/LockedBy.tsx';
import { useProjectName } from '../service.ts';
import { useTexts } from '../texts/use-texts.ts';
import type { MachineSound } from './sound.ts';

interface SoundItemProps {
  sound: MachineSound;
  /** Opens the devices, where an account is asked for. */
  onDevices: () => void;
}

/** Whether a machine is heard in this page; locked where the project lets nobody connect its sound. */
export function SoundItem({ sound: { may, asksWho, isHeard, toggle }, onDevices }: SoundItemProps) {
  const texts = useTexts();
  const project = useProjectName();
  if (may === undefined) return null;
  const isLocked = may === 'nobody';
  return (
    <Menu.CheckboxItem
      checked={isHeard}
      disabled={isLocked}
      closeMenuOnClick
      rightSection={isLocked && <LockedBy text={texts.lockedBy(project)} />}
      onClick={asksWho && !isHeard ? onDevices : toggle}
    >
      {asksWho && !isHeard ? `${texts.sound} …` : texts.sound}
    </Menu.CheckboxItem>
  );
}
