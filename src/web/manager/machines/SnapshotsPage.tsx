import { Badge, Button, Card, Group, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useParams } from 'react-router';
import type { OwnSnapshotsAnswer } from '../../../api/manager/snapshots.ts';
import { FailureAlert } from '../../ui/FailureAlert.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { Part } from '../frame/Part.tsx';
import { ask, useProject } from '../process.ts';
import { frame } from '../texts/frame.ts';
import { snapshots as catalogue } from '../texts/snapshots.ts';
import { type Change, useChangeSnapshot } from './change-snapshot.ts';

type Snapshot = OwnSnapshotsAnswer['snapshots'][number];

/** The states that an administrator keeps of his own copy of a machine: takes one, goes back to one, removes one. */
export function SnapshotsPage() {
  const { vm = '' } = useParams();
  const texts = useCatalogue(catalogue);
  const query = useQuery({ queryKey: ['snapshots', vm], queryFn: ({ signal }) => ask('snapshots', { vm, signal }) });
  return (
    <Part title={texts.title(vm)}>
      <Loaded query={query} texts={useCatalogue(frame)}>
        {(answer) => <Kept key={vm} answer={answer} />}
      </Loaded>
    </Part>
  );
}

function Kept({ answer: { vm, most, snapshots } }: { answer: OwnSnapshotsAnswer }) {
  const texts = useCatalogue(catalogue);
  const [done, setDone] = useState<Change>();
  const { data: project } = useProject();
  const isSuspended = project?.machines.find(({ name }) => name === vm)?.sound?.isSuspended === true;
  return (
    <Stack maw={640}>
      <Text size="sm">{texts.what}</Text>
      {snapshots.length === 0 && <Text c="dimmed">{texts.none}</Text>}
      {snapshots.map((snapshot) => (
        <SnapshotCard key={snapshot.name} {...{ vm, snapshot, isSuspended }} onDone={setDone} />
      ))}
      <Text size="sm" role="status">
        {done && texts.done[done.how](done.name)}
      </Text>
      <TakeSnapshot vm={vm} left={most - snapshots.length} onDone={setDone} />
    </Stack>
  );
}

interface CardProps {
  vm: string;
  snapshot: Snapshot;
  isSuspended: boolean;
  onDone: (change: Change) => void;
}

function SnapshotCard({
  vm,
  snapshot: { name, description, takenAt, withMemory, isPresent },
  isSuspended,
  onDone,
}: CardProps) {
  const texts = useCatalogue(catalogue);
  const frameTexts = useCatalogue(frame);
  const [asked, setAsked] = useState<'revert' | 'remove'>();
  const change = useChangeSnapshot(vm, (what) => {
    setAsked(undefined);
    onDone(what);
  });
  return (
    <Card withBorder padding="sm" component="section" aria-label={name}>
      <Stack gap={4}>
        <Group justify="space-between">
          <Text fw={600} style={{ overflowWrap: 'anywhere' }}>
            {name}
          </Text>
          <Text size="sm" c="dimmed">
            {new Date(takenAt).toLocaleString()}
          </Text>
        </Group>
        {isPresent && (
          <Badge color="blue.9" tt="none" radius="sm">
            {texts.present}
          </Badge>
        )}
        {withMemory && <Text size="sm">{texts.withMemory}</Text>}
        {description && (
          <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
            {description}
          </Text>
        )}
        {change.error && <FailureAlert error={change.error} texts={frameTexts} />}
        {asked === undefined ? (
          <Group>
            <Button size="compact-sm" variant="default" onClick={() => setAsked('revert')}>
              {texts.revert} …
            </Button>
            <Button size="compact-sm" variant="default" onClick={() => setAsked('remove')}>
              {texts.remove} …
            </Button>
          </Group>
        ) : (
          <Stack gap="xs">
            <Text>{asked === 'revert' ? texts.revertLoss(vm) : texts.removeLoss(name)}</Text>
            {asked === 'revert' && isSuspended && <Text>{texts.revertMemory}</Text>}
            <Group>
              <Button
                size="compact-sm"
                color="red"
                loading={change.isPending}
                onClick={() => change.mutate({ how: asked, name })}
              >
                {asked === 'revert' ? texts.revert : texts.remove}
              </Button>
              <Button size="compact-sm" variant="default" onClick={() => setAsked(undefined)}>
                {texts.cancel}
              </Button>
            </Group>
          </Stack>
        )}
      </Stack>
    </Card>
  );
}

interface TakeProps {
  vm: string;
  left: number;
  onDone: (change: Change) => void;
}

function TakeSnapshot({ vm, left, onDone }: TakeProps) {
  const texts = useCatalogue(catalogue);
  const frameTexts = useCatalogue(frame);
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const take = useChangeSnapshot(vm, (what) => {
    setName('');
    setDescription('');
    onDone(what);
  });
  if (left <= 0) return <Text size="sm">{texts.full}</Text>;
  const wanted = { name: name.trim(), ...(description.trim() === '' ? {} : { description: description.trim() }) };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (wanted.name !== '') take.mutate({ how: 'take', ...wanted });
      }}
    >
      <Stack gap="xs">
        <TextInput
          label={texts.name}
          value={name}
          maxLength={80}
          onChange={({ target }) => {
            take.reset();
            setName(target.value);
          }}
        />
        <Textarea
          label={texts.description}
          value={description}
          maxLength={2000}
          autosize
          onChange={({ target }) => setDescription(target.value)}
        />
        {take.error && <FailureAlert error={take.error} texts={frameTexts} />}
        <Group justify="space-between">
          <Text size="sm" c="dimmed">
            {texts.left(left)}
          </Text>
          <Button type="submit" loading={take.isPending} disabled={wanted.name === ''}>
            {texts.take}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
