import { Text, TextInput } from '@mantine/core';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { Secret } from '../tasks/Secret.tsx';
import { newProject } from '../texts/new-project.ts';
import { settings } from '../texts/settings.ts';
import type { NewProjectFields } from './new-project.ts';

interface ProjectFieldsProps {
  folder: string;
  fields: NewProjectFields;
  onChange: (change: Partial<NewProjectFields>) => void;
}

/** Name, servers, and the passphrase of the keys that a project gets. */
export function ProjectFields({ folder, fields, onChange }: ProjectFieldsProps) {
  const texts = useCatalogue(newProject);
  const its = useCatalogue(settings);
  const isDifferent = fields.again !== '' && fields.passphrase !== fields.again;
  return (
    <>
      <TextInput
        label={texts.name}
        description={texts.nameHelp}
        value={fields.name}
        maxLength={100}
        onChange={({ target }) => onChange({ name: target.value })}
      />
      {(['policyServer', 'packageServer'] as const).map((server) => (
        <TextInput
          key={server}
          label={its[server]}
          description={its[`${server}Help`]}
          value={fields[server]}
          spellCheck={false}
          onChange={({ target }) => onChange({ [server]: target.value })}
        />
      ))}
      <Secret
        label={texts.passphrase}
        description={texts.passphraseHelp}
        value={fields.passphrase}
        onChange={(passphrase) => onChange({ passphrase })}
      />
      <Secret label={texts.again} value={fields.again} onChange={(again) => onChange({ again })} />
      {isDifferent && (
        <Text size="sm" c="red" role="alert">
          {texts.differ}
        </Text>
      )}
      <Text size="sm">{texts.keys(folder)}</Text>
    </>
  );
}
