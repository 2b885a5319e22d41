import { Alert, List, Stack, Text, Title } from '@mantine/core';
import type { AceNote, AcePlanAnswer } from '../../../api/manager/import-ace.ts';
import { bytesText, useCatalogue, useLanguage } from '../../ui/texts/texts.ts';
import { foreignNoteText } from '../machines/foreign-notes.ts';
import { newProject } from '../texts/new-project.ts';
import { project } from '../texts/project.ts';
import { aceNoteText } from './ace-notes.ts';

/** What becomes of a project of VMware ACE: its machines, and all that is not carried over, first what restricts less than it did. */
export function AcePlan({ plan }: { plan: AcePlanAnswer }) {
  const texts = useCatalogue(newProject);
  const { types } = useCatalogue(project);
  const language = useLanguage();
  return (
    <Stack gap="sm" component="section" aria-label={texts.look}>
      <Notes notes={plan.notes} />
      {plan.machines.map(({ vm, disk, memoryMiB, cpus, quarantine, notes, hardwareNotes }) => (
        <Stack key={vm} gap="xs">
          <Title order={2} size="h5">
            {vm}
          </Title>
          <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
            {texts.aceMachine(bytesText(memoryMiB * 2 ** 20, language), cpus, typeText(quarantine, types), disk)}
          </Text>
          <Notes notes={notes} others={hardwareNotes.map((note) => foreignNoteText(note, language))} />
        </Stack>
      ))}
      {plan.hostRules !== undefined && (
        <>
          <Title order={2} size="h5">
            {texts.hostRules}
          </Title>
          <Text size="sm" style={{ whiteSpace: 'pre-line' }} lang="en">
            {plan.hostRules}
          </Text>
        </>
      )}
    </Stack>
  );
}

/** What a quarantine is called, where this page knows it. */
function typeText(type: string, types: Readonly<Record<string, string>>): string {
  return Object.hasOwn(types, type) ? (types[type] ?? type) : type;
}

function Notes({ notes, others = [] }: { notes: readonly AceNote[]; others?: readonly string[] }) {
  const texts = useCatalogue(newProject);
  const language = useLanguage();
  const weaker = notes.filter(({ isWeaker }) => isWeaker);
  const rest = notes.filter(({ isWeaker }) => !isWeaker);
  const lines = (of: readonly AceNote[]) => of.map((note) => aceNoteText(note, language));
  return (
    <>
      {weaker.length > 0 && (
        <Alert color="yellow" title={texts.weaker}>
          <Lines lines={lines(weaker)} />
        </Alert>
      )}
      <Lines lines={[...lines(rest), ...others]} />
    </>
  );
}

function Lines({ lines }: { lines: readonly string[] }) {
  return (
    <List size="sm">
      {lines.map((line) => (
        <List.Item key={line} style={{ overflowWrap: 'anywhere' }}>
          {line}
        </List.Item>
      ))}
    </List>
  );
}
