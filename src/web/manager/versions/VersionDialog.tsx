import { Button, Checkbox, Group, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { Version } from '../../../policy/quarantine.ts';
import { nqSetCommands } from '../../../quarantine/versions/descriptor.ts';
import { CopyButton } from '../../ui/CopyButton.tsx';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { versions } from '../texts/versions.ts';

/** What is said of a version: a new one’s name is proposed. Its commands stand here and never change. */
export function VersionDialog({
  version,
  taken,
  whyKept,
  isNew,
  onDone,
  onCancel,
  onRemove,
}: {
  version: Version;
  /** The names of the other versions. */
  taken: readonly string[];
  /** Why it cannot be removed now. */
  whyKept?: string | undefined;
  isNew: boolean;
  onDone: (version: Version) => void;
  onCancel: () => void;
  onRemove: () => void;
}) {
  const texts = useCatalogue(versions);
  const [name, setName] = useState(version.name);
  const [description, setDescription] = useState(version.description ?? '');
  const [isCumulative, setCumulative] = useState(version.cumulative === true);
  const [isTried, setTried] = useState(false);
  const trimmed = name.trim();
  const problem =
    (trimmed === '' && texts.nameNeeded) ||
    (trimmed.length > 100 && texts.nameLong) ||
    (taken.includes(trimmed) && texts.nameTaken);
  const done = () => {
    setTried(true);
    if (problem !== false) return;
    const { descriptor } = version;
    onDone({
      name: trimmed,
      descriptor,
      ...(description.trim() === '' ? {} : { description: description.trim() }),
      ...(isCumulative ? { cumulative: true } : {}),
    });
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        done();
      }}
    >
      <Stack>
        <TextInput
          data-autofocus
          label={texts.name}
          value={name}
          error={isTried || taken.includes(trimmed) ? problem : false}
          onChange={({ target }) => setName(target.value)}
        />
        <Textarea
          label={texts.description}
          value={description}
          autosize
          minRows={2}
          maxRows={6}
          maxLength={2000}
          onChange={({ target }) => setDescription(target.value)}
        />
        {isNew && (
          <Checkbox
            label={texts.cumulative}
            checked={isCumulative}
            onChange={({ target }) => setCumulative(target.checked)}
          />
        )}
        <Commands version={version} />
        {!isNew && <Removal whyKept={whyKept} onRemove={onRemove} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onCancel}>
            {texts.cancel}
          </Button>
          <Button type="submit">{texts.ok}</Button>
        </Group>
      </Stack>
    </form>
  );
}

function Commands({ version }: { version: Version }) {
  const texts = useCatalogue(versions);
  const { linux, windows } = nqSetCommands(version);
  return (
    <Stack gap={4}>
      <Text size="sm">{texts.commands}</Text>
      <Text size="xs" c="dimmed">
        {texts.linux}
      </Text>
      <CopyButton value={linux} label={texts.linux} />
      <Text size="xs" c="dimmed">
        {texts.windows}
      </Text>
      <CopyButton value={windows} label={texts.windows} />
    </Stack>
  );
}

function Removal({ whyKept, onRemove }: { whyKept: string | undefined; onRemove: () => void }) {
  const texts = useCatalogue(versions);
  return (
    <Group gap="xs" align="center">
      <Button variant="default" size="compact-sm" disabled={whyKept !== undefined} onClick={onRemove}>
        {texts.remove}
      </Button>
      <Text size="xs" c="dimmed" flex={1} miw={180}>
        {whyKept ?? texts.removeHelp}
      </Text>
    </Group>
  );
}
