import { Alert, Button, FileInput, Group, Stack, Text, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { HotFixAnswer, HotFixGivenRequest } from '../../../api/hot-fix.ts';
import { FailureAlert } from '../../ui/FailureAlert.tsx';
import { lastDayText, useLanguage } from '../../ui/texts/texts.ts';
import { useHotFixAnswer } from '../service.ts';
import type { PlayerTexts } from '../texts/texts.en.ts';
import { useTexts } from '../texts/use-texts.ts';

/** Takes an answer, says what it does, and does it once its user has seen that. */
export function HotFixAnswered({ vm, onClose }: { vm: string; onClose: () => void }) {
  const texts = useTexts();
  const language = useLanguage();
  const [file, setFile] = useState<File | null>(null);
  const [letters, setLetters] = useState('');
  const [given, setGiven] = useState<HotFixGivenRequest>();
  const foresee = useHotFixAnswer(false);
  const apply = useHotFixAnswer(true);
  const see = async (event: FormEvent) => {
    event.preventDefault();
    const wanted = file ? { file: await file.text() } : { letters };
    setGiven(wanted);
    foresee.mutate({ vm, given: wanted });
  };
  const anew = () => {
    foresee.reset();
    apply.reset();
  };
  const found = foresee.data;
  if (apply.data)
    return (
      <Stack>
        <Alert color="green" role="status" variant="light">
          {texts.hotFixDone[apply.data.kind]}
        </Alert>
        <Group justify="flex-end">
          <Button onClick={onClose}>{texts.close}</Button>
        </Group>
      </Stack>
    );
  return (
    <form onSubmit={(event) => void see(event)}>
      <Stack>
        <FileInput
          label={texts.hotFixFile}
          clearable
          clearButtonProps={{ 'aria-label': texts.cancel }}
          value={file}
          onChange={(chosen) => {
            anew();
            setFile(chosen);
          }}
        />
        <TextInput
          label={texts.hotFixLetters}
          autoComplete="off"
          maxLength={100}
          disabled={file !== null}
          value={letters}
          onChange={({ target }) => {
            anew();
            setLetters(target.value);
          }}
        />
        {found && (
          <Alert color={found.kind === 'denied' ? 'orange' : 'blue'} role="status" variant="light">
            <Text size="sm">{doesText(found, texts, (endsAt) => lastDayText(endsAt, language))}</Text>
            {found.message && (
              <Text size="sm" style={{ whiteSpace: 'pre-line' }}>
                {found.message}
              </Text>
            )}
          </Alert>
        )}
        {(foresee.error ?? apply.error) && <FailureAlert error={foresee.error ?? apply.error} texts={texts} />}
        <Group justify="flex-end">
          {found && given ? (
            <Button loading={apply.isPending} onClick={() => apply.mutate({ vm, given })}>
              {found.kind === 'denied' ? texts.confirm : texts.hotFixDo}
            </Button>
          ) : (
            <Button type="submit" disabled={!file && letters.trim() === ''} loading={foresee.isPending}>
              {texts.hotFixSee}
            </Button>
          )}
        </Group>
      </Stack>
    </form>
  );
}

function doesText(
  { kind, endsAt = '', path = '' }: HotFixAnswer,
  { hotFixDoes }: PlayerTexts,
  lastDay: (endsAt: string) => string,
): string {
  switch (kind) {
    case 'renewal':
      return hotFixDoes.renewal(lastDay(endsAt));
    case 'place':
      return hotFixDoes.place(path);
    default:
      return hotFixDoes[kind];
  }
}
