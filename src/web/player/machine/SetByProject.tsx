import { Stack, Table, Title } from '@mantine/core';
import type { MachineAnswer } from '../../../api/machine.ts';
import { LockedBy } from '../../ui/LockedBy.tsx';
import { useProjectName } from '../service.ts';
import { useTexts } from '../texts/use-texts.ts';

/** What the project has set for a machine: shown with who has set it, for its user cannot change it. */
export function SetByProject({ settings }: Required<Pick<MachineAnswer, 'settings'>>) {
  const texts = useTexts();
  const project = useProjectName();
  const { memoryMiB, cpus, policies } = settings;
  const names: Record<string, string> = texts.settings;
  const words: Record<string, string> = texts.settingWords;
  const rows = [
    [texts.memory, `${memoryMiB} MiB`],
    [texts.cpus, `${cpus}`],
    ...Object.entries(policies).map(
      ([name, word]) => [names[name] ?? name, words[`${name} ${word}`] ?? words[word] ?? word] as const,
    ),
  ] as const;
  return (
    <Stack gap={4} component="section" aria-label={texts.setByProject}>
      <Title order={3} size="h6">
        {texts.setByProject}
      </Title>
      <LockedBy text={texts.lockedBy(project)} />
      <Table variant="vertical" layout="fixed">
        <Table.Tbody>
          {rows.map(([name, value]) => (
            <Table.Tr key={name}>
              <Table.Th w={160} style={{ overflowWrap: 'anywhere' }}>
                {name}
              </Table.Th>
              <Table.Td>{value}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Stack>
  );
}
