import { Alert, Button, FileInput, Group, Stack, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { OpenedHotFixAnswer } from '../../../api/manager/hot-fixes.ts';
import { Facts } from '../../ui/Facts.tsx';
import { FailureAlert } from '../../ui/FailureAlert.tsx';
import { StillMissing } from '../../ui/StillMissing.tsx';
import { momentText, useCatalogue, useLanguage } from '../../ui/texts/texts.ts';
import { ask } from '../process.ts';
import { frame } from '../texts/frame.ts';
import { hotFixes as catalogue } from '../texts/hot-fixes.ts';
import { AnswerForm } from './AnswerForm.tsx';
import { wordText } from './word-text.ts';

/** Where a request is that the page has: the text of its file, or the letters that were read out. */
export type PageSource = { text: string } | { letters: string };

/** Opens a request, shows it, and takes its answer. */
export function OpenRequest() {
  const texts = useCatalogue(catalogue);
  const frameTexts = useCatalogue(frame);
  const [file, setFile] = useState<File | null>(null);
  const [letters, setLetters] = useState('');
  const [source, setSource] = useState<PageSource>();
  const open = useMutation({ mutationFn: (wanted: PageSource) => ask('openHotFix', { body: wanted }) });
  const isMissing = !file && letters.trim() === '';
  const show = async () => {
    const wanted = file ? { text: await file.text() } : { letters };
    setSource(wanted);
    open.mutate(wanted);
  };
  return (
    <Stack maw={640}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void show();
        }}
      >
        <Stack gap="sm">
          <FileInput
            label={texts.file}
            clearable
            clearButtonProps={{ 'aria-label': texts.discard }}
            value={file}
            onChange={(chosen) => {
              open.reset();
              setFile(chosen);
            }}
          />
          <TextInput
            label={texts.letters}
            autoComplete="off"
            spellCheck={false}
            maxLength={400}
            disabled={file !== null}
            value={letters}
            onChange={({ target }) => {
              open.reset();
              setLetters(target.value);
            }}
          />
          <Group>
            <Button type="submit" disabled={isMissing} loading={open.isPending} aria-describedby="open-missing">
              {texts.show}
            </Button>
            <StillMissing id="open-missing" fields={isMissing ? [texts.oneOfBoth] : []} />
          </Group>
        </Stack>
      </form>
      {open.error && <FailureAlert error={open.error} texts={frameTexts} />}
      {open.data && source && (
        <>
          <Opened opened={open.data} />
          {open.data.isOver === undefined && <AnswerForm key={open.data.request} opened={open.data} source={source} />}
        </>
      )}
    </Stack>
  );
}

function Opened({ opened }: { opened: OpenedHotFixAnswer }) {
  const texts = useCatalogue(catalogue);
  const language = useLanguage();
  const { vm, problem, recovers, told, isOver, answered } = opened;
  return (
    <Stack component="section" aria-label={texts.request} gap="xs">
      <Facts
        facts={[
          [texts.machine, vm],
          [texts.problem, recovers ? texts.recovers : texts.problems[problem]],
          ...(told
            ? ([
                [texts.who, [told.name, told.address].filter(Boolean).join(', ')],
                [texts.computer, told.computer],
                [texts.madeAt, momentText(told.madeAt, language)],
                ...(told.situation === '' ? [] : ([[texts.says, told.situation]] as const)),
                ...(told.note === '' ? [] : ([[texts.note, told.note]] as const)),
              ] as const)
            : []),
        ]}
      />
      <Text size="sm" c="dimmed">
        {told ? texts.unsigned : texts.byTelephone}
      </Text>
      {isOver !== undefined && (
        <Alert color="red" role="alert" title={texts.tooLate} variant="light">
          {isOver}
        </Alert>
      )}
      {answered.map((each) => (
        <Alert key={each.at} color="yellow" role="status" variant="light" title={texts.answeredBefore}>
          {momentText(each.at, language)}: {wordText(each, texts)}
        </Alert>
      ))}
    </Stack>
  );
}
