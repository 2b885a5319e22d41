import { Checkbox, Radio, Stack, Textarea, TextInput } from '@mantine/core';
import type { Answer, Question } from '../../../quarantine/edit/wizard-form.ts';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { wizard } from '../texts/wizard.ts';

/** A question of the wizard in the form that its answer has. */
export function QuestionField({
  question,
  answer,
  problem,
  onAnswer,
}: {
  question: Question;
  answer: Answer;
  problem: string | undefined;
  onAnswer: (answer: Answer) => void;
}) {
  const texts = useCatalogue(wizard);
  const { form } = question;
  const label = texts.question(question);
  const error = problem ?? false;
  switch (form.kind) {
    case 'choice':
      return (
        <Radio.Group label={label} value={String(answer)} onChange={onAnswer} error={error}>
          <Stack gap="xs" mt="xs">
            {form.choices.map((choice) => {
              const { label: name, hint } = texts.choice(choice);
              return <Radio key={choice.value} value={choice.value} label={name} description={hint} />;
            })}
          </Stack>
        </Radio.Group>
      );
    case 'choices':
      return (
        <Checkbox.Group label={label} value={[...(answer as readonly string[])]} onChange={onAnswer} error={error}>
          <Stack gap="xs" mt="xs">
            {form.choices.map((choice) => {
              const { label: name, hint } = texts.choice(choice);
              return <Checkbox key={choice.value} value={choice.value} label={name} description={hint} />;
            })}
          </Stack>
        </Checkbox.Group>
      );
    case 'yes-no':
      return <Checkbox label={label} checked={answer === true} onChange={({ target }) => onAnswer(target.checked)} />;
    case 'lines':
      return (
        <Textarea
          label={label}
          value={(answer as readonly string[]).join('\n')}
          error={error}
          autosize
          minRows={2}
          maxRows={12}
          onChange={({ target }) => onAnswer(target.value === '' ? [] : target.value.split('\n'))}
        />
      );
    case 'text':
      return (
        <TextInput
          label={label}
          value={String(answer)}
          error={error}
          maw={420}
          onChange={({ target }) => onAnswer(target.value)}
        />
      );
  }
}
