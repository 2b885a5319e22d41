import { Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { AnsweredRow } from '../../../api/manager/hot-fixes.ts';
import { Loaded } from '../../ui/Loaded.tsx';
import { momentText, useCatalogue, useLanguage } from '../../ui/texts/texts.ts';
import { Nothing, Part, Section } from '../frame/Part.tsx';
import { ask } from '../process.ts';
import { frame } from '../texts/frame.ts';
import { hotFixes as catalogue } from '../texts/hot-fixes.ts';
import { OfferForm } from './OfferForm.tsx';
import { OpenRequest } from './OpenRequest.tsx';
import { wordText } from './word-text.ts';

/** Requests for hot fixes: one is opened and answered; what users may ask for; what was answered (ACE 1.0 pp. 150-151). */
export function HotFixesPage() {
  const texts = useCatalogue(catalogue);
  const frameTexts = useCatalogue(frame);
  const query = useQuery({ queryKey: ['hot-fixes'], queryFn: ({ signal }) => ask('hotFixes', { signal }) });
  return (
    <Part title={frameTexts.hotFixes}>
      <Section title={texts.open}>
        <OpenRequest />
      </Section>
      <Loaded query={query} texts={frameTexts}>
        {(answer) => (
          <>
            <Section title={texts.log}>
              <Answered answered={answer.answered} />
            </Section>
            <Section title={texts.offer}>
              <OfferForm answer={answer} />
            </Section>
          </>
        )}
      </Loaded>
    </Part>
  );
}

function Answered({ answered }: { answered: readonly AnsweredRow[] }) {
  const texts = useCatalogue(catalogue);
  const language = useLanguage();
  if (answered.length === 0) return <Nothing title={texts.none} help={texts.noneHelp} />;
  return (
    <Table.ScrollContainer minWidth={480}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{texts.at}</Table.Th>
            <Table.Th>{texts.machine}</Table.Th>
            <Table.Th>{texts.who}</Table.Th>
            <Table.Th>{texts.word}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {answered.map((each) => (
            <Table.Tr key={`${each.at} ${each.request}`}>
              <Table.Td>{momentText(each.at, language)}</Table.Td>
              <Table.Td>
                {each.vm}
                <Text size="xs" c="dimmed">
                  {texts.problems[each.problem]}
                </Text>
              </Table.Td>
              <Table.Td>{each.name ?? texts.telephoned}</Table.Td>
              <Table.Td>{wordText(each, texts)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
