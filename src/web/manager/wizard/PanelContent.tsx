import { Alert, Radio, Select, Stack, Text, Textarea } from '@mantine/core';
import type { QuarantineAnswer } from '../../../api/manager/quarantine.ts';
import { withDraft } from '../../../quarantine/edit/version-draft.ts';
import type { Answer, Panel, Question } from '../../../quarantine/edit/wizard-form.ts';
import { liveVersions } from '../../../quarantine/versions/versions.ts';
import { useSaid } from '../../ui/texts/said.ts';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { useProject } from '../process.ts';
import { versions as versionCatalogue } from '../texts/versions.ts';
import { wizard } from '../texts/wizard.ts';
import { ManageVersions } from '../versions/ManageVersions.tsx';
import { BarPicture } from './BarPicture.tsx';
import { EntryList } from './EntryList.tsx';
import { QuestionField } from './QuestionField.tsx';
import { Ready } from './Ready.tsx';
import { answerTo, type Outcome, type Place, versionsBefore, type WizardState } from './wizard-state.ts';

interface Content {
  vm: string;
  answer: QuarantineAnswer;
  state: WizardState;
  outcome: Outcome;
  onState: (state: WizardState) => void;
}

/** What is asked on a panel. */
export function PanelContent({ place, ...content }: Content & { place: Place }) {
  const panel = content.outcome.panels.find(({ name }) => name === place);
  if (place === 'ready') return <Ready {...content} />;
  if (place === 'deploy') return <DeployPolicy {...content} />;
  if (place === 'versions') return <Versions {...content} panel={panel} />;
  if (place === 'messages') return <Messages {...content} panel={panel} />;
  return (
    <Stack>
      {place === 'lookup' && <PolicyServer />}
      {panel?.questions.map((question) => (
        <Asked key={question.setting} {...content} panel={panel} question={question} />
      ))}
      {place === 'restricted' && <ModeOfBoth {...content} />}
    </Stack>
  );
}

function Asked({ panel, question, ...content }: Content & { panel: Panel; question: Question }) {
  const texts = useCatalogue(wizard);
  const { answer, problem, onAnswer } = useAnswer(content, panel, question);
  const { state, answer: before } = content;
  if (question.setting !== 'normal' && question.setting !== 'restricted')
    return <QuestionField question={question} answer={answer} problem={problem} onAnswer={onAnswer} />;
  return (
    <EntryList
      entries={answer as readonly string[]}
      mode={modeOf(before, state)}
      label={texts.question(question)}
      problem={problem}
      onEntries={onAnswer}
    />
  );
}

/** An answer, what is wrong with it, and how it is changed: an answer that says what holds already is none. */
function useAnswer({ state, outcome, onState }: Content, panel: Panel, question: Question) {
  const answer = answerTo(question, state.answers);
  const said = useSaid();
  const wrong = outcome.problems.filter(({ place }) => place === panel.name);
  const isAsked = state.answers[question.setting] !== undefined;
  const text = wrong.find(({ setting }) => setting === question.setting)?.text;
  return {
    answer,
    problem: (isAsked || state.visited.length > 1) && text !== undefined ? said.field(text) : undefined,
    onAnswer: (next: Answer) => {
      const { [question.setting]: _before, ...others } = state.answers;
      const isSame = JSON.stringify(next) === JSON.stringify(question.present);
      onState({ ...state, answers: isSame ? others : { ...others, [question.setting]: next } });
    },
  };
}

function modeOf({ quarantine }: QuarantineAnswer, { answers }: WizardState): 'whitelist' | 'blacklist' {
  return answers.mode ?? (quarantine.type === 'none' ? 'whitelist' : quarantine.mode);
}

/** The kind is that of both lists (ACE 1.0 p. 232): shown here, said there. */
function ModeOfBoth({ answer, state, outcome }: Content) {
  const texts = useCatalogue(wizard);
  const mode = modeOf(answer, state);
  const questions = outcome.panels.flatMap((panel) => panel.questions);
  const asked = questions.find(({ setting }) => setting === 'mode')?.form;
  const choice = asked?.kind === 'choice' ? asked.choices.find(({ value }) => value === mode) : undefined;
  return (
    <Text size="sm" c="dimmed">
      {choice && `${texts.choice(choice).label}. `}
      {texts.modeFixed}
    </Text>
  );
}

function PolicyServer() {
  const texts = useCatalogue(wizard);
  const { data } = useProject();
  const address = data?.identity?.policyServer;
  if (!data) return null;
  if (address === undefined) return <Alert color="yellow">{texts.noPolicyServer}</Alert>;
  return (
    <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
      {texts.policyServer(address)}
    </Text>
  );
}

function Versions({ answer, state, outcome, onState, panel, vm }: Content & { panel: Panel | undefined }) {
  const texts = useCatalogue(wizard);
  const before = versionsBefore(answer.quarantine, state.answers);
  const names = liveVersions(withDraft(before, state.draft, 0)).map(({ name }) => name);
  return (
    <Stack>
      <ManageVersions
        before={before}
        draft={state.draft}
        reported={answer.reported}
        onDraft={(draft) => onState({ ...state, draft })}
      />
      {panel?.questions.map((question) =>
        question.setting === 'initial' ? (
          <Select
            key="initial"
            maw={420}
            label={texts.question(question)}
            allowDeselect={false}
            data={[{ value: '', label: texts.initialNone }, ...names.reverse()]}
            value={String(answerTo(question, state.answers))}
            onChange={(initial) => onState({ ...state, answers: { ...state.answers, initial: initial ?? '' } })}
          />
        ) : (
          <Asked key={question.setting} {...{ answer, state, outcome, onState, panel, vm, question }} />
        ),
      )}
    </Stack>
  );
}

function Messages({ panel, ...content }: Content & { panel: Panel | undefined }) {
  return (
    <Stack>
      {panel?.questions.map((question) => (
        <MessageField key={question.setting} {...content} panel={panel} question={question} />
      ))}
    </Stack>
  );
}

/** A message, and beside it the bar in which its user sees it. */
function MessageField({ panel, question, ...content }: Content & { panel: Panel; question: Question }) {
  const texts = useCatalogue(wizard);
  const versionTexts = useCatalogue(versionCatalogue);
  const { answer, problem, onAnswer } = useAnswer(content, panel, question);
  const isRestricted = question.setting === 'restrictedMessage';
  return (
    <Stack gap="xs">
      <Textarea
        label={texts.question(question)}
        value={String(answer)}
        error={problem ?? false}
        autosize
        minRows={2}
        maxRows={8}
        maxLength={2000}
        onChange={({ target }) => onAnswer(target.value)}
      />
      <Text size="xs" c="dimmed">
        {texts.picture}
      </Text>
      <BarPicture
        vm={content.vm}
        kind={isRestricted ? 'restricted' : 'normal'}
        word={isRestricted ? versionTexts.restricted : versionTexts.normal}
        message={String(answer)}
      />
    </Stack>
  );
}

function DeployPolicy({ state, onState }: Content) {
  const texts = useCatalogue(wizard);
  return (
    <Stack>
      <Text size="sm">{texts.deployHelp}</Text>
      <PolicyServer />
      <Radio.Group
        aria-label={texts.deploy}
        value={state.deploysAfter ? 'now' : 'later'}
        onChange={(when) => onState({ ...state, deploysAfter: when === 'now' })}
      >
        <Stack gap="xs">
          <Radio value="now" label={texts.deployNow} />
          <Radio value="later" label={texts.deployLater} />
        </Stack>
      </Radio.Group>
    </Stack>
  );
}
