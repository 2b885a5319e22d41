import { Anchor, Button, Group, NumberInput, Select, Stack, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { FailureAlert } from '../../ui/FailureAlert.tsx';
import { StillMissing } from '../../ui/StillMissing.tsx';
import { useCatalogue } from '../../ui/texts.ts';
import { Part } from '../Part.tsx';
import { ask } from '../process.ts';
import { TaskView } from '../tasks/TaskView.tsx';
import { isOn, useTask } from '../tasks/use-task.ts';
import { frame } from '../texts/frame.ts';
import { machines } from '../texts/machines.ts';
import { DiskField } from './DiskField.tsx';
import { ForeignPlan } from './ForeignPlan.tsx';
import { EMPTY, importRequest, missingOf, type NewMachine, saysHardware } from './new-machine.ts';

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
            <Hardware machine={machine} onChange={set} />
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

function Hardware({ machine, onChange }: { machine: NewMachine; onChange: (change: Partial<NewMachine>) => void }) {
  const texts = useCatalogue(machines);
  const { memoryMiB, cpus, dataDiskGiB, os, firmware } = machine;
  return (
    <>
      <Group grow align="flex-end">
        <NumberInput
          disabled={saysHardware(machine)}
          label={texts.memory}
          value={memoryMiB}
          onChange={(value) => onChange({ memoryMiB: value })}
          {...{ min: 32, max: 1 << 20, step: 256, allowDecimal: false, suffix: ' MiB' }}
        />
        <NumberInput
          disabled={saysHardware(machine)}
          label={texts.cpus}
          value={cpus}
          onChange={(value) => onChange({ cpus: value })}
          {...{ min: 1, max: 64, allowDecimal: false }}
        />
      </Group>
      <NumberInput
        label={texts.dataDisk}
        description={texts.dataDiskHelp}
        value={dataDiskGiB}
        onChange={(value) => onChange({ dataDiskGiB: value })}
        {...{ min: 1, max: 1 << 14, allowDecimal: false, suffix: ' GiB' }}
      />
      <Select
        label={texts.system}
        description={texts.systemHelp}
        data={(['found', 'linux', 'windows', 'other'] as const).map((value) => ({
          value,
          label: texts.systems[value],
        }))}
        allowDeselect={false}
        value={os}
        onChange={(value) => onChange({ os: value as NewMachine['os'] })}
      />
      <Select
        label={texts.firmware}
        data={[
          { value: 'found', label: texts.firmwareFound },
          { value: 'bios', label: 'BIOS' },
          { value: 'uefi', label: 'UEFI' },
        ]}
        allowDeselect={false}
        value={firmware}
        onChange={(value) => onChange({ firmware: value as NewMachine['firmware'] })}
      />
    </>
  );
}
