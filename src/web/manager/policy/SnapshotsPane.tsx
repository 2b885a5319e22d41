import { Stack, Switch } from '@mantine/core';
import { Snapshots } from '../../../policy/snapshots.ts';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { policy as catalogue } from '../texts/policy.ts';
import type { Pane } from './PolicyPanes.tsx';
import { TypedNumber } from './TypedNumber.tsx';

/** Whether a user may keep states of the machine, and how many; a number is taken when its field is left. */
export function SnapshotsPane({ policy, onPolicy }: Pane) {
  const texts = useCatalogue(catalogue);
  const { snapshots, ...others } = policy;
  const { enabled, most } = Snapshots.parse(snapshots ?? { enabled: false });
  const set = (number: number) => onPolicy({ ...others, snapshots: { enabled: true, most: number } });
  return (
    <Stack gap="xs">
      <Switch
        label={texts.snapshots}
        checked={enabled}
        onChange={({ target }) => (target.checked ? set(most) : onPolicy(others))}
      />
      {enabled && (
        <TypedNumber
          label={texts.mostSnapshots}
          max={32}
          present={most}
          onNumber={(number) => number !== undefined && set(number)}
        />
      )}
    </Stack>
  );
}
