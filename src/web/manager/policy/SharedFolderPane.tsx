import { NativeSelect } from '@mantine/core';
import { SharedFolder } from '../../../policy/shared-folder.ts';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { policy as catalogue } from '../texts/policy.ts';
import type { Pane } from './PolicyPanes.tsx';

/** Whether its user may share a folder with the machine, and whether its guest may write there. */
export function SharedFolderPane({ policy, onPolicy }: Pane) {
  const texts = useCatalogue(catalogue).sharedFolder;
  const { sharedFolder: set, ...others } = policy;
  const { access } = SharedFolder.parse(set ?? {});
  const { options } = SharedFolder.shape.access.unwrap();
  return (
    <NativeSelect
      label={texts.label}
      description={texts.help}
      data={options.map((value) => ({ value, label: texts[value] }))}
      value={access}
      onChange={({ target }) => {
        const chosen = options.find((option) => option === target.value) ?? 'nobody';
        onPolicy(chosen === 'nobody' ? others : { ...others, sharedFolder: { access: chosen } });
      }}
    />
  );
}
