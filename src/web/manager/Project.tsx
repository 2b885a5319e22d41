import { Text } from '@mantine/core';
import type { ProjectAnswer } from '../../api/manager/project.ts';
import { CopyButton } from '../ui/CopyButton.tsx';
import { Facts } from '../ui/Facts.tsx';
import { Loaded } from '../ui/Loaded.tsx';
import { useCatalogue } from '../ui/texts.ts';
import { MachineTable } from './MachineTable.tsx';
import { Part, Section } from './Part.tsx';
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
  const commands = [
    { to: '/settings', text: texts.editSettings },
    { to: '/machines', text: texts.toMachines },
    { to: '/deployments', text: texts.toDeployments },
    { to: '/packages', text: texts.toPackages },
    { to: '/problems', text: texts.toProblems },
  ];
  return (
    <Part title={identity?.name ?? folder.split('/').at(-1) ?? folder} commands={commands}>
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
