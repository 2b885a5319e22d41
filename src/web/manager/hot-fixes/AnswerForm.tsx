import { Alert, Button, FileInput, Group, NumberInput, Radio, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { HotFixWord, OpenedHotFixAnswer } from '../../../api/manager/hot-fixes.ts';
import { FailureAlert } from '../../ui/FailureAlert.tsx';
import { StillMissing } from '../../ui/StillMissing.tsx';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { ask } from '../process.ts';
import { Secret } from '../tasks/Secret.tsx';
import { frame } from '../texts/frame.ts';
import { hotFixes as catalogue } from '../texts/hot-fixes.ts';
import { Given } from './Given.tsx';
import type { PageSource } from './OpenRequest.tsx';

const NOTHING = { days: '', date: '', password: '', again: '', message: '', passphrase: '', recovery: '' };

/** Approves or denies a request, once its administrator has seen what that does. */
export function AnswerForm({ opened, source }: { opened: OpenedHotFixAnswer; source: PageSource }) {
  const texts = useCatalogue(catalogue);
  const frameTexts = useCatalogue(frame);
  const queries = useQueryClient();
  const [choice, setChoice] = useState<'approve' | 'deny'>('approve');
  const [fields, setFields] = useState(NOTHING);
  const [keyFile, setKeyFile] = useState<File | null>(null);
  const foresee = useMutation({ mutationFn: (word: HotFixWord) => ask('foreseeHotFix', { body: { source, word } }) });
  const answer = useMutation({
    mutationFn: async (word: HotFixWord) => {
      const { message, passphrase, recovery } = fields;
      const file = keyFile ? { text: await keyFile.text() } : {};
      const recoveryKey = needsRecoveryKey ? { recoveryKey: { ...file, passphrase: recovery } } : {};
      return ask('answerHotFix', { body: { source, word, message, passphrase, ...recoveryKey } });
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ['hot-fixes'] }),
    // A passphrase is kept no longer than it is needed.
    onSettled: () => setFields({ ...fields, passphrase: '', recovery: '', password: '', again: '' }),
  });
  const needsRecoveryKey = opened.recovers && choice === 'approve';
  const set = (name: keyof typeof NOTHING) => (text: string) => {
    if (!['passphrase', 'recovery', 'message'].includes(name)) foresee.reset();
    answer.reset();
    setFields({ ...fields, [name]: text });
  };
  const word = choice === 'deny' ? ({ kind: 'denied' } as const) : approvalOf(opened, fields);
  const missing: ('daysOrDate' | 'password' | 'passwordAgain' | 'passphrase' | 'recoveryPassphrase')[] = [];
  if (!word && opened.problem === 'expired') missing.push('daysOrDate');
  if (!word && opened.problem === 'password') missing.push(fields.password === '' ? 'password' : 'passwordAgain');
  if (foresee.data && fields.passphrase === '') missing.push('passphrase');
  if (foresee.data && needsRecoveryKey && fields.recovery === '') missing.push('recoveryPassphrase');
  if (answer.data) return <Given opened={opened} given={answer.data} />;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!word) return;
        if (foresee.data) answer.mutate(word);
        else foresee.mutate(word);
      }}
    >
      <Stack gap="sm" component="section" aria-label={texts.answer}>
        <Radio.Group
          label={texts.answer}
          value={choice}
          onChange={(chosen) => {
            foresee.reset();
            setChoice(chosen === 'deny' ? 'deny' : 'approve');
          }}
        >
          <Group mt={4}>
            <Radio value="approve" label={texts.approve} />
            <Radio value="deny" label={texts.deny} />
          </Group>
        </Radio.Group>
        {choice === 'approve' && <Approval opened={opened} fields={fields} set={set} />}
        {opened.way === 'file' && (
          <Textarea
            label={texts.message}
            autosize
            maxRows={6}
            maxLength={2000}
            value={fields.message}
            onChange={({ target }) => set('message')(target.value)}
          />
        )}
        {foresee.data && (
          <>
            <Alert color="blue" role="status" variant="light">
              {texts.does(foresee.data.text)}
            </Alert>
            <Secret label={texts.passphrase} value={fields.passphrase} onChange={set('passphrase')} />
            {needsRecoveryKey && (
              <>
                <FileInput
                  label={texts.recoveryKey}
                  description={texts.recoveryKeyHelp}
                  clearable
                  clearButtonProps={{ 'aria-label': texts.discard }}
                  value={keyFile}
                  onChange={setKeyFile}
                />
                <Secret label={texts.recoveryPassphrase} value={fields.recovery} onChange={set('recovery')} />
              </>
            )}
          </>
        )}
        {(foresee.error ?? answer.error) && <FailureAlert error={foresee.error ?? answer.error} texts={frameTexts} />}
        <Group>
          <Button
            type="submit"
            disabled={!word || missing.length > 0}
            aria-describedby="answer-missing"
            loading={foresee.isPending || answer.isPending}
          >
            {foresee.data ? texts.give : texts.see}
          </Button>
          <StillMissing id="answer-missing" fields={missing.map((field) => texts[field])} />
        </Group>
      </Stack>
    </form>
  );
}

type Fields = typeof NOTHING;

function Approval({
  opened: { problem, way },
  fields,
  set,
}: {
  opened: OpenedHotFixAnswer;
  fields: Fields;
  set: (name: keyof Fields) => (text: string) => void;
}) {
  const texts = useCatalogue(catalogue);
  const { days, date, password, again } = fields;
  if (problem === 'expired')
    return (
      <Group align="flex-end" grow>
        <NumberInput
          label={texts.days}
          min={0}
          max={32_767}
          allowDecimal={false}
          disabled={date !== ''}
          value={days}
          onChange={(value) => set('days')(`${value}`)}
        />
        <TextInput
          type="date"
          label={texts.date}
          disabled={days !== ''}
          value={date}
          onChange={({ target }) => set('date')(target.value)}
        />
      </Group>
    );
  if (problem === 'moved' || way === 'telephone') return null;
  return (
    <>
      <Secret label={texts.password} value={password} onChange={set('password')} />
      <Secret label={texts.passwordAgain} value={again} onChange={set('again')} />
      <Text size="sm" c={again !== '' && again !== password ? 'red' : 'dimmed'}>
        {again !== '' && again !== password ? texts.passwordsDiffer : texts.passwordOtherWay}
      </Text>
    </>
  );
}

/** The approval that the fields say; none while something is missing. */
function approvalOf(
  { problem, way }: OpenedHotFixAnswer,
  { days, date, password, again }: Fields,
): HotFixWord | undefined {
  switch (problem) {
    case 'moved':
      return { kind: 'place' };
    case 'expired':
      if (days !== '') return { kind: 'days', days: Number(days) };
      return date === '' ? undefined : { kind: 'date', date };
    case 'password':
      if (way === 'telephone') return { kind: 'new-password' };
      return password !== '' && password === again ? { kind: 'password', password } : undefined;
  }
}
