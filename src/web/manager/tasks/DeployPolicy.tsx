import { Button, Checkbox, Group, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { DeployPlaceAnswer } from '../../../api/manager/jobs.ts';
import { FailureAlert } from '../../ui/FailureAlert.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { ask } from '../process.ts';
import { frame } from '../texts/frame.ts';
import { tasks as catalogue } from '../texts/tasks.ts';
import { Secret } from './Secret.tsx';
import { TaskView } from './TaskView.tsx';
import { isOn, useTask } from './use-task.ts';

/** VMware ACE’s Deploy Policy: signs all policies and puts them where computers look them up. */
export function DeployPolicy() {
  const place = useQuery({ queryKey: ['deploy-place'], queryFn: ({ signal }) => ask('deployPlace', { signal }) });
  return (
    <Loaded query={place} texts={useCatalogue(frame)}>
      {(answer) => <DeployForm place={answer} />}
    </Loaded>
  );
}

function DeployForm({ place }: { place: DeployPlaceAnswer }) {
  const texts = useCatalogue(catalogue);
  const frameTexts = useCatalogue(frame);
  const [to, setTo] = useState('');
  const [secrets, setSecrets] = useState({ passphrase: '', user: '', password: '' });
  const [clockIsRight, setClockIsRight] = useState(false);
  const { task, begun } = useTask('deploy');
  const asksForClock = task?.failure?.code === 'CLOCK_CONFIRM';
  const deploy = useMutation({
    mutationFn: () => ask('deploy', { body: { ...named(to, secrets), passphrase: secrets.passphrase, clockIsRight } }),
    onSuccess: begun,
    // A passphrase is kept no longer than it is needed.
    onSettled: () => setSecrets({ ...secrets, passphrase: '', password: '' }),
  });
  const set = (name: keyof typeof secrets) => (text: string) => setSecrets({ ...secrets, [name]: text });
  return (
    <Stack maw={640}>
      <Text size="sm">
        {texts.deployHelp} {place.to === undefined ? texts.goesNowhere : texts.goesTo(place.to)}
      </Text>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          deploy.mutate();
        }}
      >
        <Stack gap="sm">
          <TextInput
            label={texts.other}
            description={texts.otherHelp(place.forms)}
            value={to}
            onChange={({ target }) => setTo(target.value)}
          />
          {place.needsAccount && (
            <>
              <TextInput label={texts.user} value={secrets.user} onChange={({ target }) => set('user')(target.value)} />
              <Secret label={texts.password} value={secrets.password} onChange={set('password')} />
            </>
          )}
          <Secret label={texts.passphrase} value={secrets.passphrase} onChange={set('passphrase')} />
          {asksForClock && (
            <Checkbox
              label={texts.clockIsRight}
              checked={clockIsRight}
              onChange={({ target }) => setClockIsRight(target.checked)}
            />
          )}
          <Group>
            <Button
              type="submit"
              loading={deploy.isPending || (task !== undefined && isOn(task))}
              disabled={secrets.passphrase === ''}
            >
              {texts.begin}
            </Button>
          </Group>
        </Stack>
      </form>
      {deploy.error && <FailureAlert error={deploy.error} texts={frameTexts} />}
      {task && (
        <TaskView
          task={task}
          result={task.result && texts.deployed(task.result.serial, task.result.to ?? task.result.folder)}
        />
      )}
    </Stack>
  );
}

function named(to: string, { user, password }: { user: string; password: string }) {
  const place = to.trim();
  return {
    ...(place === '' ? {} : { to: place }),
    ...(user === '' || password === '' ? {} : { account: { user, password } }),
  };
}
