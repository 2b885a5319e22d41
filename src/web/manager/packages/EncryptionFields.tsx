import { SimpleGrid, Text, TextInput } from '@mantine/core';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { Secret } from '../tasks/Secret.tsx';
import { packages } from '../texts/packages.ts';
import type { NewMedia } from './new-package.ts';

interface EncryptionFieldsProps {
  media: NewMedia;
  onChange: (change: Partial<NewMedia>) => void;
}

/** Whom alone a package is for: who knows a passphrase, or recipients; with neither it lies in clear. */
export function EncryptionFields({ media, onChange }: EncryptionFieldsProps) {
  const texts = useCatalogue(packages);
  const { secret, secretAgain, recipients } = media;
  return (
    <>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <Secret label={texts.secret} value={secret} onChange={(text) => onChange({ secret: text })} />
        <Secret label={texts.secretAgain} value={secretAgain} onChange={(text) => onChange({ secretAgain: text })} />
      </SimpleGrid>
      {secretAgain !== '' && secret !== secretAgain && (
        <Text size="sm" c="red" role="alert">
          {texts.secretsDiffer}
        </Text>
      )}
      <TextInput
        label={texts.recipients}
        description={texts.recipientsHelp}
        placeholder="age1…"
        value={recipients}
        disabled={secret !== ''}
        onChange={({ target }) => onChange({ recipients: target.value })}
      />
    </>
  );
}
