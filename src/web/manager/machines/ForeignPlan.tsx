import { Alert, Button, Group, List, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import type { ForeignPlanAnswer } from '../../../api/manager/jobs.ts';
import { FailureAlert } from '../../ui/FailureAlert.tsx';
import { useCatalogue, useLanguage } from '../../ui/texts/texts.ts';
import { ask } from '../process.ts';
import { frame } from '../texts/frame.ts';
import { machines } from '../texts/machines.ts';
import { foreignNoteText } from './foreign-notes.ts';
import { type NewMachine, saysHardware } from './new-machine.ts';

interface ForeignPlanProps {
  machine: NewMachine;
  onChange: (change: Partial<NewMachine>) => void;
}

/** What becomes of a machine of another program: its hardware comes into the fields, the rest is said before anything is copied. */
export function ForeignPlan({ machine, onChange }: ForeignPlanProps) {
  const texts = useCatalogue(machines);
  const frameTexts = useCatalogue(frame);
  const path = machine.path.trim();
  const look = useMutation({
    mutationFn: async (of: string) => ({ of, plan: await ask('planForeign', { body: { path: of } }) }),
    onSuccess: ({ plan }) => onChange(hardwareOf(plan)),
  });
  if (saysHardware(machine)) return <Text size="sm">{texts.foreignSays}</Text>;
  if (machine.from !== 'path') return null;
  return (
    <Stack gap="xs">
      <Group>
        <Button
          variant="default"
          loading={look.isPending}
          disabled={!path.startsWith('/')}
          onClick={() => look.mutate(path)}
        >
          {texts.look}
        </Button>
      </Group>
      {look.error && <FailureAlert error={look.error} texts={frameTexts} />}
      {look.data?.of === path && <Said plan={look.data.plan} />}
    </Stack>
  );
}

function Said({ plan }: { plan: ForeignPlanAnswer }) {
  const texts = useCatalogue(machines);
  const language = useLanguage();
  const isImage = plan.kind === 'image';
  return (
    <Stack gap="xs" component="section" aria-label={texts.look}>
      <Text size="sm">{isImage ? texts.foreignImage : texts.foreignDisk(plan.disk)}</Text>
      {plan.notes.length === 0 ? (
        !isImage && <Text size="sm">{texts.foreignAll}</Text>
      ) : (
        <Alert color="yellow" title={texts.foreignNotes}>
          <List size="sm">
            {plan.notes.map((note) => (
              <List.Item key={note.text}>{foreignNoteText(note, language)}</List.Item>
            ))}
          </List>
        </Alert>
      )}
    </Stack>
  );
}

function hardwareOf({ memoryMiB, cpus, firmware, tpm, secureBoot }: ForeignPlanAnswer): Partial<NewMachine> {
  return {
    ...(memoryMiB === undefined ? {} : { memoryMiB }),
    ...(cpus === undefined ? {} : { cpus }),
    ...(firmware === undefined ? {} : { firmware }),
    ...(tpm === undefined ? {} : { tpm }),
    ...(secureBoot === undefined ? {} : { secureBoot }),
  };
}
