import { NumberInput, Stack, Switch } from '@mantine/core';
import { useEffect, useState } from 'react';
import { Files } from '../../../policy/files.ts';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { policy as catalogue } from '../texts/policy.ts';
import type { Pane } from './PolicyPanes.tsx';

/** Whether its user may put files into the machine, and how large; the number is taken when its field is left. */
export function FilesPane({ policy, onPolicy }: Pane) {
  const texts = useCatalogue(catalogue).files;
  const { files: set, ...others } = policy;
  const { hostToGuest, mostMiB } = Files.parse(set ?? {});
  const [typed, setTyped] = useState<number | string>(mostMiB);
  useEffect(() => setTyped(mostMiB), [mostMiB]);
  const take = () => {
    const { data } = Files.safeParse({ hostToGuest: true, mostMiB: typed });
    if (data && data.mostMiB !== mostMiB) onPolicy({ ...others, files: data });
  };
  return (
    <Stack gap="xs">
      <Switch
        label={texts.hostToGuest}
        description={texts.help}
        checked={hostToGuest}
        onChange={({ target }) =>
          onPolicy(target.checked ? { ...others, files: { hostToGuest: true, mostMiB } } : others)
        }
      />
      {hostToGuest && (
        <NumberInput
          label={texts.most}
          min={1}
          max={4096}
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
