import { Code } from '@mantine/core';
import { Facts } from '../ui/Facts.tsx';
import { Loaded } from '../ui/Loaded.tsx';
import { momentText, useCatalogue, useLanguage } from '../ui/texts.ts';
import { Nothing, Part, Section } from './Part.tsx';
import { useDeployments, useProject } from './process.ts';
import { frame } from './texts/frame.ts';
import { project } from './texts/project.ts';
import { WaitingList } from './WaitingList.tsx';

/** What computers are told, and what they are not told yet. */
export function Deployments() {
  const frameTexts = useCatalogue(frame);
  const texts = useCatalogue(project);
  const language = useLanguage();
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
      <Section title={texts.lastDeploy}>
        <Loaded query={useDeployments()} texts={frameTexts}>
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
              <Nothing title={texts.deployedNothing} help={texts.deployedNothingHelp}>
                <Code block>lazaret-manager deploy</Code>
              </Nothing>
            )
          }
        </Loaded>
      </Section>
    </Part>
  );
}
