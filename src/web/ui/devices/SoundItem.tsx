import { Menu } from '@mantine/core';
import { LockedBy } from '../LockedBy.tsx';
import { useCatalogue } from '../texts/texts.ts';
import { deviceTexts } from '../texts/texts-devices.ts';
import type { MachineSound } from './use-sound.ts';

interface SoundItemProps {
  sound: MachineSound;
  /** Whose policy says who may connect it. */
  project: string;
  /** Opens the devices, where an account is asked for. */
  onDevices: () => void;
}

/** Whether a machine is heard in this page; locked where the project lets nobody connect its sound. */
export function SoundItem({ sound: { may, asksWho, isHeard, toggle }, project, onDevices }: SoundItemProps) {
  const texts = useCatalogue(deviceTexts);
  if (may === undefined) return null;
  const isLocked = may === 'nobody';
  return (
    <Menu.CheckboxItem
      checked={isHeard}
      disabled={isLocked}
      closeMenuOnClick
      rightSection={isLocked && <LockedBy text={texts.setBy(project)} />}
      onClick={asksWho && !isHeard ? onDevices : toggle}
    >
      {asksWho && !isHeard ? `${texts.sound} …` : texts.sound}
    </Menu.CheckboxItem>
  );
}
