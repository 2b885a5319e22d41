import { Button, Group, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useParams } from 'react-router';
import type { OwnSnapshotsAnswer } from '../../../api/manager/snapshots.ts';
import { FailureAlert } from '../../ui/FailureAlert.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { SnapshotCard } from '../../ui/SnapshotCard.tsx';
import { StillMissing } from '../../ui/StillMissing.tsx';
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
        <KeptSnapshot key={snapshot.name} {...{ vm, snapshot, isSuspended }} onDone={setDone} />
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

function KeptSnapshot({ vm, snapshot, isSuspended, onDone }: CardProps) {
  const texts = useCatalogue(catalogue);
  const frameTexts = useCatalogue(frame);
  const change = useChangeSnapshot(vm, onDone);
  const { name } = snapshot;
  return (
    <SnapshotCard
      snapshot={snapshot}
      texts={texts}
      loss={{
        revert: [texts.revertLoss(vm), ...(isSuspended ? [texts.revertMemory] : [])],
        remove: [texts.removeLoss(name)],
      }}
      isPending={change.isPending}
      failure={change.error && <FailureAlert error={change.error} texts={frameTexts} />}
      onChange={(how, onSuccess) => change.mutate({ how, name }, { onSuccess })}
    />
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
          <Button
            type="submit"
            loading={take.isPending}
            disabled={wanted.name === ''}
            aria-describedby="snapshot-missing"
          >
            {texts.take}
          </Button>
        </Group>
        <StillMissing id="snapshot-missing" fields={wanted.name === '' ? [texts.name] : []} />
      </Stack>
    </form>
  );
}
