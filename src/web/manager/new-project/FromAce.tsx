import { Button, Checkbox, Group, Stack, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { FailureAlert } from '../../ui/FailureAlert.tsx';
import { StillMissing } from '../../ui/StillMissing.tsx';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { ask } from '../process.ts';
import { TaskView } from '../tasks/TaskView.tsx';
import { isOn, useTask } from '../tasks/use-task.ts';
import { frame } from '../texts/frame.ts';
import { newProject } from '../texts/new-project.ts';
import { AcePlan } from './AcePlan.tsx';
import { EMPTY, missingOf, requestOf } from './new-project.ts';
import { ProjectFields } from './ProjectFields.tsx';

/** A project of VMware ACE: what is not carried over is seen before anything is made, as `import-ace` says it. */
export function FromAce({ folder }: { folder: string }) {
  const texts = useCatalogue(newProject);
  const frameTexts = useCatalogue(frame);
  const [path, setPath] = useState('');
  const [fields, setFields] = useState(EMPTY);
  const [hasRead, setRead] = useState(false);
  const { task, begun } = useTask('import-ace');
  const look = useMutation({
    mutationFn: async (of: string) => ({ of, plan: await ask('planAce', { body: { path: of } }) }),
    onSuccess: ({ plan }) => setFields({ ...fields, name: plan.name }),
  });
  const seen = look.data?.of === path.trim() ? look.data : undefined;
  const make = useMutation({
    mutationFn: () => ask('importAce', { body: { ...requestOf(fields), path: path.trim() } }),
    onSuccess: begun,
  });
  const missing = [...missingOf(fields).map((field) => texts[field]), ...(hasRead ? [] : [texts.hasRead])];
  const goesOn = task !== undefined && isOn(task);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (seen) make.mutate();
        else look.mutate(path.trim());
      }}
    >
      <Stack>
        <TextInput
          label={texts.acePath}
          description={texts.acePathHelp}
          placeholder="/mnt/ace/Acme/Acme.vmprj"
          spellCheck={false}
          value={path}
          onChange={({ target }) => {
            setRead(false);
            setPath(target.value);
          }}
        />
        {!seen && (
          <Group>
            <Button
              type="submit"
              variant="default"
              loading={look.isPending}
              disabled={!path.trim().startsWith('/') || goesOn}
            >
              {texts.look}
            </Button>
          </Group>
        )}
        {look.error && <FailureAlert error={look.error} texts={frameTexts} />}
        {seen && (
          <>
            <AcePlan plan={seen.plan} />
            <Checkbox label={texts.hasRead} checked={hasRead} onChange={({ target }) => setRead(target.checked)} />
            <ProjectFields folder={folder} fields={fields} onChange={(change) => setFields({ ...fields, ...change })} />
            <Group>
              <Button
                type="submit"
                loading={make.isPending || goesOn}
                disabled={missing.length > 0}
                aria-describedby="ace-missing"
              >
                {texts.make}
              </Button>
              <StillMissing id="ace-missing" fields={missing} />
            </Group>
          </>
        )}
        {make.error && <FailureAlert error={make.error} texts={frameTexts} />}
        {task && <TaskView task={task} result={undefined} />}
      </Stack>
    </form>
  );
}
