import { Menu } from '@mantine/core';
import type { MachineAnswer } from '../../../api/machine.ts';
import { LockedBy } from '../../ui/LockedBy.tsx';
import { useProjectName } from '../service.ts';
import { useTexts } from '../texts/use-texts.ts';

interface PowerItemsProps {
  machine: MachineAnswer;
  onReset: () => void;
  onPowerOff: () => void;
}

/** Reset and power off. Where the project withholds them they are shown as locked; a guest that stands still has no other way. */
export function PowerItems({ machine: { rights, stands }, onReset, onPowerOff }: PowerItemsProps) {
  const texts = useTexts();
  const project = useProjectName();
  const isLocked = rights?.power === false && stands === undefined;
  const lock = isLocked && <LockedBy text={texts.lockedBy(project)} />;
  return (
    <>
      <Menu.Item disabled={isLocked} rightSection={lock} onClick={onReset}>
        {texts.reset}
      </Menu.Item>
      <Menu.Item disabled={isLocked} rightSection={lock} onClick={onPowerOff}>
        {texts.stopNow}
      </Menu.Item>
    </>
  );
}
