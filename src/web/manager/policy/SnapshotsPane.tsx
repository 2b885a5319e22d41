import { NumberInput, Stack, Switch } from '@mantine/core';
import { useEffect, useState } from 'react';
import { Snapshots } from '../../../policy/snapshots.ts';
import { useCatalogue } from '../../ui/texts.ts';
import { policy as catalogue } from '../texts/policy.ts';
import type { Pane } from './PolicyPanes.tsx';

/** Whether a user may keep states of the machine, and how many; a number is taken when its field is left. */
export function SnapshotsPane({ policy, onPolicy }: Pane) {
  const texts = useCatalogue(catalogue);
  const { snapshots, ...others } = policy;
  const { enabled, most } = Snapshots.parse(snapshots ?? { enabled: false });
  const [typed, setTyped] = useState<number | string>(most);
  useEffect(() => setTyped(most), [most]);
  const take = () => {
    const read = Snapshots.safeParse({ enabled: true, most: typed });
    if (read.success && typed !== most) onPolicy({ ...others, snapshots: read.data });
  };
  return (
    <Stack gap="xs">
      <Switch
        label={texts.snapshots}
        checked={enabled}
        onChange={({ target }) => onPolicy(target.checked ? { ...others, snapshots: { enabled: true, most } } : others)}
      />
      {enabled && (
        <NumberInput
          label={texts.mostSnapshots}
          min={1}
          max={32}
          allowDecimal={false}
          value={typed}
          onChange={setTyped}
          onBlur={take}
          onKeyDown={({ key }) => key === 'Enter' && take()}
        />
      )}
    </Stack>
  );
}
