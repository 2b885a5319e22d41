import { Anchor, Group, Text } from '@mantine/core';
import { Link } from 'react-router';
import type { TaskAnswer } from '../../../api/manager/tasks.ts';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { tasks } from '../texts/tasks.ts';
import { isOn, useTasks } from './use-task.ts';

/** The long jobs that go on, whichever tab has begun them, each with the way to it. */
export function Ongoing() {
  const texts = useCatalogue(tasks);
  const ongoing = (useTasks().data?.tasks ?? []).filter(isOn);
  if (ongoing.length === 0) return null;
  return (
    <Group component="section" aria-label={texts.ongoing} gap="xs" mb="md" justify="flex-end">
      {ongoing.map((task) => (
        <Anchor key={task.id} component={Link} to={placeOf(task)} size="sm" style={{ overflowWrap: 'anywhere' }}>
          <span aria-hidden>▸ </span>
          {task.progress ? texts.parts[task.progress.part] : texts.states[task.state]}
          <Text span size="sm" fw={600}>{` ${task.about}`}</Text>
        </Anchor>
      ))}
    </Group>
  );
}

function placeOf({ kind, about }: TaskAnswer): string {
  if (kind === 'run' || kind === 'export') return `/machines/${about}/${kind}`;
  return { import: '/add-machine', 'import-ace': '/', build: '/packages/new', deploy: '/deployments' }[kind];
}
