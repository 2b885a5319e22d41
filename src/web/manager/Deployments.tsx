import { Facts } from '../ui/Facts.tsx';
import { Loaded } from '../ui/Loaded.tsx';
import { momentText, useCatalogue, useLanguage } from '../ui/texts/texts.ts';
import { History } from './deployments/History.tsx';
import { Nothing, Part, Section } from './frame/Part.tsx';
import { WaitingList } from './frame/WaitingList.tsx';
import { useDeployments, useProject } from './process.ts';
import { DeployPolicy } from './tasks/DeployPolicy.tsx';
import { frame } from './texts/frame.ts';
import { project } from './texts/project.ts';
import { tasks } from './texts/tasks.ts';

/** What computers are told, and what they are not told yet. */
export function Deployments() {
  const frameTexts = useCatalogue(frame);
  const texts = useCatalogue(project);
  const taskTexts = useCatalogue(tasks);
  const language = useLanguage();
  const deployments = useDeployments();
  return (
    <Part title={frameTexts.deployments}>
      <Section title={texts.notDeployedTitle}>
        <Loaded query={useProject()} texts={frameTexts}>
          {({ notDeployed }) => (
            <WaitingList
              waits={notDeployed.map(({ vm, change }) => ({ vm, text: texts.notDeployed[change] }))}
              none={texts.notDeployedNone}
            />
          )}
        </Loaded>
      </Section>
      <Section title={taskTexts.deploy}>
        <DeployPolicy />
      </Section>
      <Section title={texts.lastDeploy}>
        <Loaded query={deployments} texts={frameTexts}>
          {({ last }) =>
            last ? (
              <Facts
                facts={[
                  [texts.serial, `${last.serial}`],
                  [texts.signed, momentText(last.at, language)],
                  [texts.believedUntil, momentText(last.expiresAt, language)],
                ]}
              />
            ) : (
              <Nothing title={texts.deployedNothing} help={texts.deployedNothingHelp} />
            )
          }
        </Loaded>
      </Section>
      {deployments.data?.last && <History past={deployments.data.past} />}
    </Part>
  );
}
