import { Button, Card, Checkbox, Group, Stack, Text } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import { useMutation } from '@tanstack/react-query';
import { lazy, Suspense, useRef, useState } from 'react';
import { useParams } from 'react-router';
import { FailureAlert } from '../../ui/FailureAlert.tsx';
import type { Fit, Screen } from '../../ui/screen/Console.tsx';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { Part } from '../frame/Part.tsx';
import { ask } from '../process.ts';
import { TaskView } from '../tasks/TaskView.tsx';
import { isOn, useTask } from '../tasks/use-task.ts';
import { frame } from '../texts/frame.ts';
import { machines } from '../texts/machines.ts';
import { RunControls } from './RunControls.tsx';

const Console = lazy(() => import('../../ui/screen/Console.tsx'));

/** A machine of the project in preview or powered on, with its screen. */
export function RunPage() {
  const { vm = '' } = useParams();
  const texts = useCatalogue(machines);
  const frameTexts = useCatalogue(frame);
  const { task, begun } = useTask('run', vm);
  const buttons = useRef<HTMLDivElement>(null);
  const screen = useRef<Screen>(null);
  const [fit, setFit] = useLocalStorage<Fit>({ key: 'fit', defaultValue: 'scale' });
  const [withTools, setWithTools] = useState(false);
  const start = useMutation({
    mutationFn: async (how: { mode: 'preview' | 'power-on'; discard?: true }) =>
      begun(await ask('runMachine', { vm, body: { ...how, guestTools: withTools } })),
  });
  const goesOn = task !== undefined && isOn(task);
  const runs = goesOn && task.progress?.part === 'run';
  return (
    <Part title={texts.runTitle(vm)}>
      <Stack gap="md">
        {!goesOn && <Text size="sm">{texts.runHelp}</Text>}
        {!goesOn && (
          <Checkbox
            checked={withTools}
            onChange={(event) => setWithTools(event.currentTarget.checked)}
            label={texts.guestTools}
            description={texts.guestToolsHelp}
          />
        )}
        <Group ref={buttons} tabIndex={-1}>
          {goesOn ? (
            runs && <RunControls {...{ vm, screen, fit }} onFit={setFit} />
          ) : (
            <>
              <Button loading={start.isPending} onClick={() => start.mutate({ mode: 'preview' })}>
                {texts.preview}
              </Button>
              <Button variant="default" loading={start.isPending} onClick={() => start.mutate({ mode: 'power-on' })}>
                {texts.powerOn}
              </Button>
              {task?.failure?.code === 'SUSPENDED_UNFIT' && (
                <Button color="red" onClick={() => start.mutate({ mode: 'preview', discard: true })}>
                  {texts.discard}
                </Button>
              )}
            </>
          )}
        </Group>
        {start.error && <FailureAlert error={start.error} texts={frameTexts} />}
        {runs && (
          <Card withBorder padding={0} h="min(60vh, 600px)" style={{ display: 'flex' }}>
            <Suspense fallback={<Text p="md">{frameTexts.loading}</Text>}>
              <Console vm={vm} texts={texts} fit={fit} screen={screen} onLeave={() => buttons.current?.focus()} />
            </Suspense>
          </Card>
        )}
        {task && (
          <TaskView
            task={task}
            result={task.kind === 'run' && task.result ? endText(task.result.isSuspended, texts) : undefined}
            isEndedElsewhere={runs}
          />
        )}
      </Stack>
    </Part>
  );
}

function endText(isSuspended: boolean, texts: { ended: string; suspended: string }): string {
  return isSuspended ? texts.suspended : texts.ended;
}
