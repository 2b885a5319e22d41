import { List } from '@mantine/core';
import { Loaded } from '../ui/Loaded.tsx';
import { useCatalogue, useLanguage } from '../ui/texts/texts.ts';
import { Nothing, Part, Section } from './frame/Part.tsx';
import { ProblemList } from './ProblemList.tsx';
import { useProject } from './process.ts';
import { frame } from './texts/frame.ts';
import { project } from './texts/project.ts';
import { warningText } from './warnings.ts';

/** All that `policy check` finds, and what may not have been meant. */
export function Problems() {
  const frameTexts = useCatalogue(frame);
  const texts = useCatalogue(project);
  const language = useLanguage();
  return (
    <Part title={frameTexts.problems}>
      <Loaded query={useProject()} texts={frameTexts}>
        {({ problems, warnings }) => (
          <>
            {problems.length === 0 && <Nothing title={texts.noProblems} help={texts.noProblemsHelp} />}
            {problems.length > 0 && <ProblemList problems={problems} />}
            {warnings.length > 0 && (
              <Section title={texts.warnings}>
                <List>
                  {warnings.map((warning) => (
                    <List.Item key={warning.text}>{warningText(warning, language)}</List.Item>
                  ))}
                </List>
              </Section>
            )}
          </>
        )}
      </Loaded>
    </Part>
  );
}
