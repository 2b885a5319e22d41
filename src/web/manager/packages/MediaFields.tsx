import { NumberInput, Select, SimpleGrid, Stack, Textarea, TextInput } from '@mantine/core';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { packages } from '../texts/packages.ts';
import type { NewMedia } from './new-package.ts';

/** What users get: where it lies, in what form, and how long it is good for. */
export function MediaFields({ media, onChange }: { media: NewMedia; onChange: (change: Partial<NewMedia>) => void }) {
  const texts = useCatalogue(packages);
  const { name, out, format, mode, volumeGiB, validDays, notes } = media;
  return (
    <Stack gap="sm">
      <TextInput label={texts.name} value={name} onChange={({ target }) => onChange({ name: target.value })} />
      <TextInput
        label={texts.out}
        description={texts.outHelp}
        placeholder="/srv/packages"
        value={out}
        onChange={({ target }) => onChange({ out: target.value })}
      />
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <Select
          label={texts.format}
          data={(['folder', 'tar', 'iso'] as const).map((value) => ({ value, label: texts.formats[value] }))}
          allowDeselect={false}
          value={format}
          onChange={(value) => onChange({ format: value as NewMedia['format'] })}
        />
        <NumberInput
          label={texts.volume}
          placeholder={texts.volumeNone}
          value={volumeGiB}
          onChange={(value) => onChange({ volumeGiB: value })}
          {...{ min: 0.1, decimalScale: 2, step: 0.5, suffix: ' GiB' }}
        />
        <Select
          label={texts.mode}
          data={(['fast', 'small', 'smallest'] as const).map((value) => ({ value, label: texts.modes[value] }))}
          allowDeselect={false}
          value={mode}
          onChange={(value) => onChange({ mode: value as NewMedia['mode'] })}
        />
        <NumberInput
          label={texts.valid}
          value={validDays}
          onChange={(value) => onChange({ validDays: value })}
          {...{ min: 1, allowDecimal: false }}
        />
      </SimpleGrid>
      <Textarea
        label={texts.notes}
        description={texts.notesHelp}
        value={notes}
        autosize
        minRows={2}
        maxLength={10_000}
        onChange={({ target }) => onChange({ notes: target.value })}
      />
    </Stack>
  );
}
