import { Button, Checkbox, Group, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import type { PackagePlanAnswer } from '../../../api/manager/jobs.ts';
import { FailureAlert } from '../../ui/FailureAlert.tsx';
import { StillMissing } from '../../ui/StillMissing.tsx';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { Section } from '../frame/Part.tsx';
import { ask } from '../process.ts';
import { Secret } from '../tasks/Secret.tsx';
import { TaskView } from '../tasks/TaskView.tsx';
import { isOn, useTask } from '../tasks/use-task.ts';
import { frame } from '../texts/frame.ts';
import { packages } from '../texts/packages.ts';
import { tasks } from '../texts/tasks.ts';
import { EncryptionFields } from './EncryptionFields.tsx';
import { MediaFields } from './MediaFields.tsx';
import { buildRequest, missingOf, type NewContents, type NewMedia, NO_MEDIA } from './new-package.ts';
import { SizeChart } from './SizeChart.tsx';

interface BuildFormProps {
  contents: NewContents;
  plan: PackagePlanAnswer | undefined;
  /** The plan, and the way to see it: what is read last before the package is made. */
  children: ReactNode;
}

/** What users get; then the plan, and where nothing speaks against it, the making of the package and how it goes on. */
export function BuildForm({ contents, plan, children }: BuildFormProps) {
  const texts = useCatalogue(packages);
  const frameTexts = useCatalogue(frame);
  const taskTexts = useCatalogue(tasks);
  const [media, setMedia] = useState<NewMedia>(NO_MEDIA);
  const [passphrase, setPassphrase] = useState('');
  const [clockIsRight, setClockIsRight] = useState(false);
  const { task, begun } = useTask('build');
  const request = buildRequest(contents, media);
  const build = useMutation({
    mutationFn: async () => {
      if (request) await begun(await ask('buildPackage', { body: { ...request, passphrase, clockIsRight } }));
    },
    // A passphrase is kept no longer than it is needed.
    onSettled: () => {
      setPassphrase('');
      setMedia((now) => ({ ...now, secret: '', secretAgain: '' }));
    },
  });
  const goesOn = task !== undefined && isOn(task);
  const missing = missingOf(media).map((field) => texts[field]);
  if (passphrase === '') missing.push(taskTexts.passphrase);
  const canBuild = missing.length === 0 && plan?.problems.length === 0;
  return (
    <>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          build.mutate();
        }}
      >
        <Section title={texts.media}>
          <Stack gap="sm">
            <MediaFields media={media} onChange={(change) => setMedia({ ...media, ...change })} />
            <EncryptionFields media={media} onChange={(change) => setMedia({ ...media, ...change })} />
          </Stack>
        </Section>
        {children}
        {plan?.problems.length === 0 && (
          <Stack gap="sm">
            <Secret label={taskTexts.passphrase} value={passphrase} onChange={setPassphrase} />
            {plan.clock && (
              <Checkbox
                label={taskTexts.clockIsRight}
                checked={clockIsRight}
                onChange={({ target }) => setClockIsRight(target.checked)}
              />
            )}
            <Group>
              <Button
                type="submit"
                loading={build.isPending || goesOn}
                disabled={!canBuild}
                aria-describedby="build-missing"
              >
                {texts.build}
              </Button>
              <StillMissing id="build-missing" fields={goesOn ? [] : missing} />
            </Group>
          </Stack>
        )}
        {build.error && <FailureAlert error={build.error} texts={frameTexts} />}
      </form>
      {task && (
        <TaskView task={task} result={task.result && texts.built(task.result.package, task.result.generation)} />
      )}
      {goesOn && <Text size="sm">{texts.leavesNothing}</Text>}
      {task?.result && <SizeChart built={task.result} />}
    </>
  );
}
