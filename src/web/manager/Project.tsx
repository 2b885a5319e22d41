import { NativeSelect, Text } from '@mantine/core';
import { useState } from 'react';
import type { ProjectAnswer } from '../../api/manager/project.ts';
import { CopyButton } from '../ui/CopyButton.tsx';
import { Facts } from '../ui/Facts.tsx';
import { Loaded } from '../ui/Loaded.tsx';
import { useCatalogue } from '../ui/texts/texts.ts';
import { Part, Section } from './frame/Part.tsx';
import { MachineTable } from './MachineTable.tsx';
import { machineCommands } from './machine-commands.ts';
import { useProject } from './process.ts';
import { frame } from './texts/frame.ts';
import { project } from './texts/project.ts';

/** The project’s summary and what is in it. */
export function Project() {
  const frameTexts = useCatalogue(frame);
  return (
    <Loaded query={useProject()} texts={frameTexts}>
      {(answer) => <Summary answer={answer} />}
    </Loaded>
  );
}

function Summary({ answer }: { answer: ProjectAnswer }) {
  const texts = useCatalogue(project);
  const { identity, folder } = answer;
  const [wanted, setWanted] = useState<string>();
  const chosen = answer.machines.find(({ name }) => name === wanted) ?? answer.machines[0];
  const commands = [
    ...(chosen ? machineCommands(chosen, texts) : []),
    { to: '/add-machine', text: texts.addMachine },
    { to: '/settings', text: texts.editSettings },
  ];
  const choice = chosen && (
    <NativeSelect
      label={texts.machine}
      px="sm"
      pb={4}
      data={answer.machines.map(({ name }) => name)}
      value={chosen.name}
      onChange={({ target }) => setWanted(target.value)}
    />
  );
  return (
    <Part title={identity?.name ?? folder.split('/').at(-1) ?? folder} commands={commands} choice={choice}>
      <Section title={texts.summary}>
        {identity === undefined && <Text role="alert">{texts.damagedProject}</Text>}
        <Facts
          facts={[
            [texts.folder, folder],
            ...(identity
              ? ([
                  [texts.fingerprint, <CopyButton key="" value={identity.fingerprint} />],
                  [texts.policyServer, identity.policyServer ?? texts.noPolicyServer],
                  [texts.packageServer, identity.packageServer ?? texts.noPackageServer],
                ] as const)
              : []),
          ]}
        />
      </Section>
      <Section title={texts.contents}>
        <MachineTable project={answer} />
      </Section>
    </Part>
  );
}
