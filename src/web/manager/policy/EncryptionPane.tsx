import { Stack, Switch } from '@mantine/core';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { Words } from '../../ui/Words.tsx';
import { policy as catalogue } from '../texts/policy.ts';
import type { Pane } from './PolicyPanes.tsx';

/** What of it is encrypted on its user’s computer, and whom for beside him; the password that opens its disks is chosen with its own policy. */
export function EncryptionPane({ policy, onPolicy }: Pane) {
  const texts = useCatalogue(catalogue);
  const { encryption, ...others } = policy;
  const { disks = false, configuration = false, recovery = false } = encryption ?? {};
  const set = (change: Partial<NonNullable<typeof encryption>>) => {
    const next = { disks, configuration, recovery, ...change };
    onPolicy(next.disks || next.configuration ? { ...others, encryption: next } : others);
  };
  return (
    <Stack gap="xs">
      <Switch
        label={texts.encryption}
        description={texts.encryptionHelp}
        checked={disks}
        onChange={({ target }) => set({ disks: target.checked, recovery: recovery && target.checked })}
      />
      <Switch
        label={texts.configuration}
        description={texts.configurationHelp}
        checked={disks || configuration}
        disabled={disks}
        onChange={({ target }) => set({ configuration: target.checked })}
      />
      <Switch
        label={texts.recovery}
        description={<Words text={disks ? texts.recoveryHelp : texts.recoveryWaits} />}
        checked={recovery}
        disabled={!disks}
        onChange={({ target }) => set({ recovery: target.checked })}
      />
    </Stack>
  );
}
