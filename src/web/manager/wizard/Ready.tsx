import { Alert, Anchor, Checkbox, List, Stack, Table, Text } from '@mantine/core';
import { Link } from 'react-router';
import type { QuarantineAnswer } from '../../../api/manager/quarantine.ts';
import type { Question } from '../../../quarantine/edit/wizard-form.ts';
import { useSaid } from '../../ui/texts/said.ts';
import { useCatalogue, useLanguage } from '../../ui/texts/texts.ts';
import { versions as versionCatalogue } from '../texts/versions.ts';
import { type WizardTexts, wizard } from '../texts/wizard.ts';
import { lineText } from '../versions/line-text.ts';
import { titleOf } from './panel-title.ts';
import { answerTo, type Outcome, type WizardState } from './wizard-state.ts';

/** All that was chosen, each with the way back; what stands against it, and what would be lost. */
export function Ready({
  vm,
  answer,
  state,
  outcome,
  onState,
}: {
  vm: string;
  answer: QuarantineAnswer;
  state: WizardState;
  outcome: Outcome;
  onState: (state: WizardState) => void;
}) {
  const texts = useCatalogue(wizard);
  const versionTexts = useCatalogue(versionCatalogue);
  const language = useLanguage();
  const said = useSaid();
  const { panels, problems, lost, result } = outcome;
  const line =
    result?.type === 'version-based'
      ? lineText(result, answer.reported, { texts: versionTexts, language, now: Date.now() })
      : undefined;
  return (
    <Stack>
      {problems.length > 0 && (
        <Alert color="red" role="alert" title={texts.problems}>
          <List size="sm">
            {problems.map(({ place, text }) => (
              <List.Item key={`${place} ${text}`}>
                <Anchor component={Link} to={`/machines/${vm}/quarantine/${place}`} size="sm" underline="always">
                  {titleOf(place, outcome, texts)}
                </Anchor>
                {`: ${said.field(text)}`}
              </List.Item>
            ))}
          </List>
        </Alert>
      )}
      {lost.length > 0 && (
        <Alert color="yellow" title={texts.loss}>
          <List size="sm" mb="sm">
            {lost.map((what) => (
              <List.Item key={what}>{what}</List.Item>
            ))}
          </List>
          <Checkbox
            label={texts.agree}
            checked={state.agreesToLoss}
            onChange={({ target }) => onState({ ...state, agreesToLoss: target.checked })}
          />
        </Alert>
      )}
      <Table verticalSpacing="xs">
        <Table.Tbody>
          {panels.map((panel) => (
            <Table.Tr key={panel.name}>
              <Table.Th scope="row" style={{ verticalAlign: 'top', textAlign: 'left' }}>
                <Anchor component={Link} to={`/machines/${vm}/quarantine/${panel.name}`} size="sm">
                  {texts.panelTitle(panel)}
                </Anchor>
              </Table.Th>
              <Table.Td style={{ verticalAlign: 'top' }}>
                {panel.name === 'versions' && <Text size="sm">{line}</Text>}
                {panel.questions.map((question) => (
                  <Text key={question.setting} size="sm" style={{ overflowWrap: 'anywhere' }}>
                    {answerText(question, state, texts)}
                  </Text>
                ))}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Stack>
  );
}

/** An answer in a line: what is long is counted. */
function answerText(question: Question, { answers }: WizardState, texts: WizardTexts): string {
  const answer = answerTo(question, answers);
  const { form, setting } = question;
  const about = texts.question(question);
  // What the line below the versions says already.
  if (setting === 'initial') return '';
  if (form.kind === 'choice') {
    const choice = form.choices.find(({ value }) => value === answer);
    // The two that give their panel its name need no question.
    if (!choice || setting === 'type' || setting === 'mode') return choice ? texts.choice(choice).label : '';
    return said(about, texts.choice(choice).label);
  }
  if (form.kind === 'choices') {
    const chosen = form.choices.filter(({ value }) => Array.isArray(answer) && answer.includes(value));
    return said(about, chosen.map((choice) => texts.choice(choice).label).join(', ') || texts.nothing);
  }
  if (Array.isArray(answer)) {
    if (setting === 'argument') return said(about, answer.join(' ') || texts.nothing);
    const shown = answer.length === 0 ? texts.noEntries : answer.slice(0, 3).join('; ');
    return answer.length > 3 ? `${texts.entriesCount(answer.length)}: ${shown}; …` : shown;
  }
  if (typeof answer === 'boolean') return said(about, texts.yesNo(answer));
  if (answer === '') return isMessage(setting) ? said(about, texts.nothingSaid) : '';
  return said(about, `${answer}`);
}

function isMessage(setting: string): boolean {
  return setting === 'restrictedMessage' || setting === 'updateMessage';
}

function said(about: string, what: string): string {
  return about.endsWith('?') ? `${about} ${what}` : `${about}: ${what}`;
}
