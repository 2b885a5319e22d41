import { Button, Group, Modal, Progress, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { MachineAnswer } from '../../../api/machine.ts';
import type { SnapshotsAnswer } from '../../../api/snapshots.ts';
import { FailureAlert } from '../../ui/FailureAlert.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { OwnWords } from '../../ui/OwnWords.tsx';
import { SnapshotCard } from '../../ui/SnapshotCard.tsx';
import { useSaid } from '../../ui/texts/said.ts';
import { Words } from '../../ui/Words.tsx';
import { useChangeSnapshot, useMachine, useSnapshots, useTakeSnapshot } from '../service.ts';
import { useTexts } from '../texts/use-texts.ts';
import { isOn } from './machine-state.ts';

type Snapshot = SnapshotsAnswer['snapshots'][number];

const LOOK_MS = 500;

interface SnapshotsProps {
  machine: MachineAnswer;
  isOpen: boolean;
  onClose: () => void;
}

/** The states of a machine that its user keeps: takes one, goes back to one, removes one. */
export function Snapshots({ machine, isOpen, onClose }: SnapshotsProps) {
  const { vm } = machine;
  const texts = useTexts();
  const query = useSnapshots(vm, isOpen);
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      size="lg"
      title={`${texts.snapshots}: ${vm}`}
      closeButtonProps={{ 'aria-label': texts.close }}
    >
      <Loaded query={query} texts={texts}>
        {(answer) => (
          <Stack>
            {isOn(machine) && <Text>{texts.snapshotsRuns}</Text>}
            {answer.snapshots.length === 0 && <Text c="dimmed">{texts.snapshotsNone(answer.most)}</Text>}
            {answer.snapshots.map((snapshot) => (
              <KeptSnapshot key={snapshot.name} vm={vm} snapshot={snapshot} isOn={isOn(machine)} />
            ))}
            <TakeSnapshot vm={vm} left={answer.most - answer.snapshots.length} />
          </Stack>
        )}
      </Loaded>
    </Modal>
  );
}

interface CardProps {
  vm: string;
  snapshot: Snapshot;
  isOn: boolean;
}

function KeptSnapshot({ vm, snapshot, isOn: isMachineOn }: CardProps) {
  const texts = useTexts();
  const change = useChangeSnapshot();
  const { name, unusable } = snapshot;
  return (
    <SnapshotCard
      snapshot={snapshot}
      texts={{
        present: texts.snapshotPresent,
        withMemory: texts.snapshotWithMemory,
        revert: texts.snapshotRevert,
        remove: texts.snapshotRemove,
        cancel: texts.cancel,
      }}
      loss={{
        revert: [texts.snapshotRevertLoss(vm), ...(isMachineOn ? [texts.snapshotRevertRuns] : [])],
        remove: [texts.snapshotRemoveLoss(name)],
      }}
      isPending={change.isPending}
      unusable={unusable && <Unusable why={unusable} />}
      failure={change.error && <FailureAlert error={change.error} texts={texts} />}
      onChange={(how, onSuccess) => change.mutate({ vm, name, how }, { onSuccess })}
    />
  );
}

function Unusable({ why }: { why: NonNullable<Snapshot['unusable']> }) {
  const said = useSaid();
  const { text, words } = said.failure(why);
  return (
    <>
      <Text size="sm">
        {text}. <Words text={said.remedy(why)} />
      </Text>
      <OwnWords words={words} />
    </>
  );
}

function TakeSnapshot({ vm, left }: { vm: string; left: number }) {
  const texts = useTexts();
  const take = useTakeSnapshot();
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  if (left <= 0) return <Text size="sm">{texts.snapshotsFull}</Text>;
  const submit = () =>
    take.mutate(
      { vm, name: name.trim(), ...(description.trim() === '' ? {} : { description: description.trim() }) },
      {
        onSuccess: () => {
          setName('');
          setDescription('');
        },
      },
    );
  return (
    <Stack gap="xs">
      <TextInput
        label={texts.snapshotName}
        value={name}
        maxLength={80}
        onChange={({ target }) => setName(target.value)}
        onKeyDown={({ key }) => key === 'Enter' && name.trim() !== '' && submit()}
      />
      <Textarea
        label={texts.snapshotDescription}
        value={description}
        maxLength={2000}
        autosize
        onChange={({ target }) => setDescription(target.value)}
      />
      {take.error && <FailureAlert error={take.error} texts={texts} />}
      {take.isPending && <SavingMemory vm={vm} />}
      <Group justify="space-between">
        <Text size="sm" c="dimmed">
          {texts.snapshotsLeft(left)}
        </Text>
        <Button loading={take.isPending} disabled={name.trim() === ''} onClick={submit}>
          {texts.snapshotTake}
        </Button>
      </Group>
    </Stack>
  );
}

/** How far the memory of a machine that runs is saved. */
function SavingMemory({ vm }: { vm: string }) {
  const texts = useTexts();
  const { data } = useMachine(vm, LOOK_MS);
  const saved = data?.saved;
  if (!saved) return null;
  const percent = Math.floor((100 * saved.doneBytes) / Math.max(1, saved.totalBytes));
  return (
    <Stack gap={4}>
      <Text size="sm" role="status">
        {texts.savingMemory}: {percent} %
      </Text>
      <Progress value={percent} aria-label={texts.savingMemory} />
    </Stack>
  );
}
