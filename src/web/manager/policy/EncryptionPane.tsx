import { Stack, Switch } from '@mantine/core';
import { useCatalogue } from '../../ui/texts.ts';
import { policy as catalogue } from '../texts/policy.ts';
import type { Pane } from './PolicyPanes.tsx';

/** Whether its disks are encrypted, and whom for beside its user; the password that opens them is chosen with its own policy. */
export function EncryptionPane({ policy, onPolicy }: Pane) {
  const texts = useCatalogue(catalogue);
  const { encryption, ...others } = policy;
  const { disks: isOn = false, recovery = false } = encryption ?? {};
  const set = (disks: boolean, recovery: boolean) =>
    onPolicy(disks ? { ...others, encryption: { configuration: false, ...encryption, disks, recovery } } : others);
  return (
    <Stack gap="xs">
      <Switch
        label={texts.encryption}
        description={texts.encryptionHelp}
        checked={isOn}
        onChange={({ target }) => set(target.checked, recovery)}
      />
      {isOn && (
        <Switch
          label={texts.recovery}
          description={texts.recoveryHelp}
          checked={recovery}
          onChange={({ target }) => set(true, target.checked)}
        />
      )}
    </Stack>
  );
}
