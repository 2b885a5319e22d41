import { Button, Group, List, Progress, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import type { TaskAnswer, TaskProgress } from '../../../api/manager/tasks.ts';
import { useIsLong } from '../../ui/Pending.tsx';
import { ToldFailure } from '../../ui/ToldFailure.tsx';
import { bytesText, secondsText, useCatalogue, useLanguage } from '../../ui/texts/texts.ts';
import { ui } from '../../ui/texts/texts-ui.ts';
import { ask } from '../process.ts';
import { tasks } from '../texts/tasks.ts';

/** A long job as it goes on: how far it is, what happened, and the way to end it. */
export function TaskView({
  task,
  result,
  isEndedElsewhere = false,
}: {
  task: TaskAnswer;
  result: string | undefined;
  /** The way to end it stands in another place. */
  isEndedElsewhere?: boolean;
}) {
  const texts = useCatalogue(tasks);
  const { state, progress, failure, log } = task;
  const isOn = state === 'running' || state === 'ending';
  return (
    <Stack gap="xs" component="section" aria-label={task.about}>
      <Text size="sm" role="status">
        {result ?? wordsOf(task, texts)}
        {state === 'ending' && `. ${texts.ending}`}
      </Text>
      {isOn && <HowFar progress={progress} />}
      {failure && state === 'failed' && <ToldFailure failure={failure} />}
      {log.length > 0 && (
        <List size="sm" aria-label={texts.log}>
          {log.map(({ at, text }) => (
            <List.Item key={`${at} ${text}`}>{text}</List.Item>
          ))}
        </List>
      )}
      {isOn && !isEndedElsewhere && (
        <Group>
          <EndTask task={task} text={texts.cancel} size="compact-sm" />
        </Group>
      )}
    </Stack>
  );
}

/** Ends a task as it is meant to end; it may take a while. */
function EndTask({ task: { id, state }, text, size }: { task: TaskAnswer; text: string; size?: string }) {
  const cancel = useMutation({ mutationFn: () => ask('cancelTask', { id }) });
  return (
    <Button
      variant="default"
      {...(size === undefined ? {} : { size })}
      disabled={state === 'ending'}
      onClick={() => cancel.mutate()}
    >
      {text}
    </Button>
  );
}

function wordsOf({ kind, state, progress }: TaskAnswer, texts: (typeof tasks)['en']): string {
  if (state === 'cancelled') return texts.cancelled[kind];
  if (!progress || state === 'done' || state === 'failed') return texts.states[state];
  const { part, of } = progress;
  return of === undefined ? texts.parts[part] : `${texts.parts[part]}: ${of}`;
}

function HowFar({ progress }: { progress: TaskProgress | undefined }) {
  const texts = useCatalogue(tasks);
  const language = useLanguage();
  const amounts = progress?.amounts;
  const isSlow = useIsLong(amounts?.unit === 'bytes', amounts?.done);
  const shared = useCatalogue(ui);
  if (!progress || !amounts || amounts.total <= 0) return null;
  const { unit, done, total, perSecond, secondsLeft } = amounts;
  const isBytes = unit === 'bytes';
  const words = [
    isBytes ? `${bytesText(done, language)} / ${bytesText(total, language)}` : texts.files(done, total),
    ...(isBytes && perSecond !== undefined ? [texts.rate(bytesText(perSecond, language))] : []),
    ...(secondsLeft !== undefined && secondsLeft > 0 ? [texts.left(secondsText(secondsLeft, language))] : []),
  ].join(', ');
  return (
    <>
      <Progress value={(100 * done) / total} aria-label={texts.parts[progress.part]} />
      <Text size="xs" c="dimmed">
        {words}
      </Text>
      {isSlow && (
        <Text size="sm" role="status">
          {shared.slow}
        </Text>
      )}
    </>
  );
}
