import { Anchor, List, Text } from '@mantine/core';
import { Link, useParams } from 'react-router';
import type { ProjectAnswer } from '../../api/manager/project.ts';
import { Facts } from '../ui/Facts.tsx';
import { Loaded } from '../ui/Loaded.tsx';
import { bytesText, useCatalogue, useLanguage } from '../ui/texts/texts.ts';
import { Part, Section } from './frame/Part.tsx';
import { machineCommands } from './machine-commands.ts';
import { ProblemList } from './ProblemList.tsx';
import { useProject } from './process.ts';
import { frame } from './texts/frame.ts';
import { project as catalogue } from './texts/project.ts';

/** A machine’s summary: what it is, what waits, and VMware ACE’s Commands. */
export function Machine() {
  const { vm = '' } = useParams();
  const frameTexts = useCatalogue(frame);
  return (
    <Loaded query={useProject()} texts={frameTexts}>
      {(answer) => <Summary vm={vm} project={answer} />}
    </Loaded>
  );
}

function Summary({ vm, project }: { vm: string; project: ProjectAnswer }) {
  const texts = useCatalogue(catalogue);
  const machine = project.machines.find(({ name }) => name === vm);
  const problems = project.problems.filter((problem) => problem.vm === vm);
  const isOf = (waiting: { vm: string }) => waiting.vm === vm;
  const waits = [
    ...project.notDeployed.filter(isOf).map(({ change }) => texts.notDeployed[change]),
    ...project.notReleased.filter(isOf).map(({ why }) => texts.notReleased[why]),
  ];
  if (!machine)
    return (
      <Part title={vm}>
        <Text>{texts.unknownMachine(vm)}</Text>
        <Anchor component={Link} to="/machines">
          {texts.toMachines}
        </Anchor>
      </Part>
    );
  return (
    <Part title={vm} commands={machineCommands(machine, texts)}>
      {problems.length > 0 && (
        <Section title={texts.problems}>
          <ProblemList problems={problems} />
        </Section>
      )}
      {machine.sound && <Sound sound={machine.sound} />}
      <Section title={texts.waiting}>
        {waits.length === 0 ? (
          <Text size="sm">{texts.waitsNothing}</Text>
        ) : (
          <List size="sm">
            {waits.map((wait) => (
              <List.Item key={wait}>{wait}</List.Item>
            ))}
          </List>
        )}
      </Section>
    </Part>
  );
}

function Sound({ sound }: { sound: NonNullable<ProjectAnswer['machines'][number]['sound']> }) {
  const texts = useCatalogue(catalogue);
  const language = useLanguage();
  const {
    memoryMiB,
    cpus,
    firmware,
    tpm,
    secureBoot,
    hardware: kind,
    clock,
    processor,
    dataDiskMiB,
    type,
    versions,
    newest,
    version,
    isSuspended,
  } = sound;
  const size = (mebibytes: number) => bytesText(mebibytes * 2 ** 20, language);
  const hardware = [
    texts.hardwareText(size(memoryMiB), cpus),
    texts.firmware[firmware],
    ...(secureBoot ? [texts.secureBoot] : []),
    ...(tpm ? [texts.tpm] : []),
    ...(kind === 'compatible' ? [texts.compatible] : []),
    ...(clock === 'localtime' ? [texts.localTime] : []),
    ...(processor === 'host' ? [] : [texts.processor(processor)]),
    ...(dataDiskMiB === undefined ? [] : [texts.dataDisk(size(dataDiskMiB))]),
  ];
  return (
    <Section title={texts.summary}>
      <Facts
        facts={[
          [texts.quarantine, texts.types[type]],
          ...(type === 'version-based' ? ([[texts.newest, versions === 0 ? texts.noVersions : newest]] as const) : []),
          [texts.ownCopy, version ?? texts.ownUnset],
          [texts.hardware, hardware.join(', ')],
          ...(isSuspended ? ([[texts.state, texts.suspended]] as const) : []),
        ]}
      />
    </Section>
  );
}
