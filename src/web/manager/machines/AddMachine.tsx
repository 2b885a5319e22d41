import { Anchor, Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { FailureAlert } from '../../ui/FailureAlert.tsx';
import { StillMissing } from '../../ui/StillMissing.tsx';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { Part } from '../frame/Part.tsx';
import { ask } from '../process.ts';
import { TaskView } from '../tasks/TaskView.tsx';
import { isOn, useTask } from '../tasks/use-task.ts';
import { frame } from '../texts/frame.ts';
import { machines } from '../texts/machines.ts';
import { DiskField } from './DiskField.tsx';
import { ForeignPlan } from './ForeignPlan.tsx';
import { HardwareFields } from './HardwareFields.tsx';
import { EMPTY, importRequest, missingOf, type NewMachine } from './new-machine.ts';

/** VMware ACE’s Add Virtual Machine: a disk image, and the hardware around it. */
export function AddMachine() {
  const texts = useCatalogue(machines);
  const frameTexts = useCatalogue(frame);
  const [machine, setMachine] = useState<NewMachine>(EMPTY);
  const set = (change: Partial<NewMachine>) => setMachine({ ...machine, ...change });
  const { task, begun } = useTask('import');
  const request = importRequest(machine);
  const add = useMutation({
    mutationFn: async () => {
      if (!request) return;
      const answer = await ask('importDisk', { body: request });
      await begun(answer);
      // What becomes of the file is said by the task, also when sending it fails.
      if (machine.from === 'file' && machine.file)
        ask('sendDisk', { id: answer.id, file: machine.file }).catch(() => undefined);
    },
  });
  const goesOn = task !== undefined && isOn(task);
  return (
    <Part title={texts.title}>
      <Stack maw={640} gap="lg">
        <form
          onSubmit={(event) => {
            event.preventDefault();
            add.mutate();
          }}
        >
          <Stack gap="sm">
            <TextInput
              label={texts.name}
              description={texts.nameHelp}
              value={machine.vm}
              onChange={({ target }) => set({ vm: target.value })}
            />
            <DiskField machine={machine} onChange={set} />
            <ForeignPlan machine={machine} onChange={set} />
            <HardwareFields machine={machine} onChange={set} />
            <Group>
              <Button
                type="submit"
                loading={add.isPending || goesOn}
                disabled={!request}
                aria-describedby="add-missing"
              >
                {texts.add}
              </Button>
              <StillMissing id="add-missing" fields={missingOf(machine).map((field) => texts[field])} />
            </Group>
          </Stack>
        </form>
        {add.error && <FailureAlert error={add.error} texts={frameTexts} />}
        {task && <TaskView task={task} result={task.result && texts.added(task.result.vm, task.result.firmware)} />}
        {goesOn && task.progress?.part === 'upload' && <Text size="sm">{texts.keepOpen}</Text>}
        {task?.result && (
          <Anchor component={Link} to={`/machines/${task.result.vm}`}>
            {texts.toMachine(task.result.vm)}
          </Anchor>
        )}
      </Stack>
    </Part>
  );
}
