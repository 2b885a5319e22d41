import { Checkbox, MultiSelect, NumberInput, Select, Stack, TextInput } from '@mantine/core';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { packages } from '../texts/packages.ts';
import type { NewContents } from './new-package.ts';

interface ContentsFieldsProps {
  contents: NewContents;
  machines: readonly string[];
  onChange: (change: Partial<NewContents>) => void;
}

/** What is in the package, for whom. */
export function ContentsFields({ contents, machines, onChange }: ContentsFieldsProps) {
  const texts = useCatalogue(packages);
  const { kind, vms, policies, resources, since, strict, force, withLazaret } = contents;
  return (
    <Stack gap="sm">
      <Select
        label={texts.kind}
        description={texts.kindHelp[kind]}
        data={(['full', 'update', 'policy', 'custom'] as const).map((value) => ({ value, label: texts.kinds[value] }))}
        allowDeselect={false}
        value={kind}
        onChange={(value) => onChange({ kind: value as NewContents['kind'] })}
      />
      <Names
        label={kind === 'policy' ? texts.policiesOf : texts.machines}
        description={kind === 'custom' ? texts.machinesCustomHelp : texts.machinesHelp}
        {...{ machines, names: vms, onChange: (names) => onChange({ vms: names }) }}
      />
      {kind === 'custom' && (
        <>
          <Names
            label={texts.policiesOf}
            description={texts.policiesHelp}
            {...{ machines, names: policies, onChange: (names) => onChange({ policies: names }) }}
          />
          <Checkbox
            label={texts.resources}
            checked={resources}
            onChange={({ target }) => onChange({ resources: target.checked })}
          />
        </>
      )}
      {kind === 'update' && (
        <NumberInput
          label={texts.since}
          description={texts.sinceHelp}
          value={since}
          onChange={(value) => onChange({ since: value })}
          {...{ min: 1, allowDecimal: false }}
        />
      )}
      <TextInput
        label={texts.withLazaret}
        description={texts.withLazaretHelp}
        placeholder="/srv/lazaret-debs"
        value={withLazaret}
        error={/^\s*[^/\s]/.test(withLazaret) && texts.wholeOut}
        onChange={({ target }) => onChange({ withLazaret: target.value })}
      />
      <Checkbox label={texts.strict} checked={strict} onChange={({ target }) => onChange({ strict: target.checked })} />
      <Checkbox label={texts.force} checked={force} onChange={({ target }) => onChange({ force: target.checked })} />
    </Stack>
  );
}

function Names({
  machines,
  names,
  onChange,
  ...said
}: {
  label: string;
  description: string;
  machines: readonly string[];
  names: string[];
  onChange: (names: string[]) => void;
}) {
  return <MultiSelect {...said} data={[...machines]} value={names} onChange={onChange} searchable limit={200} />;
}
