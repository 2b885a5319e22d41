import { Anchor, List, Stack, Text } from '@mantine/core';
import { Link, useParams } from 'react-router';
import type { MachineRow } from '../../../api/manager/project.ts';
import { Loaded } from '../../ui/Loaded.tsx';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { Part, Section } from '../frame/Part.tsx';
import { useProject } from '../process.ts';
import { exporting } from '../texts/export.ts';
import { frame } from '../texts/frame.ts';
import { project } from '../texts/project.ts';
import { ExportForm } from './ExportForm.tsx';

/** The way of a machine to other programs, as `vm export` has it: as what, where to, and how far it is. */
export function ExportPage() {
  const { vm = '' } = useParams();
  const texts = useCatalogue(exporting);
  return (
    <Part title={texts.title(vm)}>
      <Loaded query={useProject()} texts={useCatalogue(frame)}>
        {({ machines }) => <Found key={vm} vm={vm} machine={machines.find(({ name }) => name === vm)} />}
      </Loaded>
    </Part>
  );
}

function Found({ vm, machine }: { vm: string; machine: MachineRow | undefined }) {
  const texts = useCatalogue(exporting);
  const projectTexts = useCatalogue(project);
  if (!machine)
    return (
      <>
        <Text>{projectTexts.unknownMachine(vm)}</Text>
        <Anchor component={Link} to="/machines">
          {projectTexts.toMachines}
        </Anchor>
      </>
    );
  const { sound } = machine;
  const notGoes = [
    texts.notGoes.policies,
    ...(sound?.devices === undefined ? [] : [texts.notGoes.devices]),
    ...(sound?.dataDiskMiB === undefined ? [] : [texts.notGoes.dataDisk]),
    ...(sound?.tpm ? [texts.notGoes.tpm] : []),
  ];
  return (
    <Stack maw={640}>
      <Text size="sm">{texts.what}</Text>
      <Section title={texts.notGoesTitle}>
        <List size="sm">
          {notGoes.map((text) => (
            <List.Item key={text}>{text}</List.Item>
          ))}
        </List>
      </Section>
      <ExportForm vm={vm} isDirect={sound?.firmware === 'direct'} isSuspended={sound?.isSuspended === true} />
    </Stack>
  );
}
