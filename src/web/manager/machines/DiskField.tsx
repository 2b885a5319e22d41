import { Card, FileInput, SegmentedControl, Select, Stack, Text, TextInput } from '@mantine/core';
import { bytesText, useCatalogue, useLanguage } from '../../ui/texts/texts.ts';
import { machines } from '../texts/machines.ts';
import type { NewMachine } from './new-machine.ts';

interface DiskFieldProps {
  machine: NewMachine;
  onChange: (change: Partial<NewMachine>) => void;
}

/** The disk image: dragged in or chosen, or a path of this computer. */
export function DiskField({ machine, onChange }: DiskFieldProps) {
  const texts = useCatalogue(machines);
  const { from, path, format } = machine;
  return (
    <Card
      withBorder
      component="fieldset"
      m={0}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        const file = event.dataTransfer.files.item(0);
        if (file) onChange({ from: 'file', file });
      }}
    >
      <Text component="legend" size="sm" fw={500} px={4}>
        {texts.disk}
      </Text>
      <Stack gap="sm">
        <SegmentedControl
          aria-label={texts.disk}
          transitionDuration={0}
          value={from}
          data={[
            { value: 'file', label: texts.fromFile },
            { value: 'path', label: texts.fromPath },
          ]}
          onChange={(value) => onChange({ from: value as NewMachine['from'] })}
        />
        {from === 'file' ? (
          <ImageFile machine={machine} onChange={onChange} />
        ) : (
          <TextInput
            label={texts.path}
            description={texts.pathHelp}
            placeholder="/srv/images/debian.qcow2"
            value={path}
            onChange={({ target }) => onChange({ path: target.value })}
          />
        )}
        <Select
          label={texts.format}
          data={[{ value: 'found', label: texts.formatFound }, 'qcow2', 'raw', 'vmdk', 'vdi', 'vhdx', 'vhd']}
          allowDeselect={false}
          value={format}
          onChange={(value) => onChange({ format: value as NewMachine['format'] })}
        />
      </Stack>
    </Card>
  );
}

function ImageFile({ machine: { file }, onChange }: DiskFieldProps) {
  const texts = useCatalogue(machines);
  const language = useLanguage();
  return (
    <FileInput
      label={texts.file}
      description={file ? bytesText(file.size, language) : texts.fileHelp}
      placeholder={texts.choose}
      clearable
      clearButtonProps={{ 'aria-label': texts.noFile }}
      value={file}
      error={file?.size === 0 && texts.emptyFile}
      onChange={(chosen) => onChange({ file: chosen })}
    />
  );
}
