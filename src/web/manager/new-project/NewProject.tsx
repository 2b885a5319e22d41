import { SegmentedControl, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { FailureAlert } from '../../ui/FailureAlert.tsx';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { Part } from '../frame/Part.tsx';
import { ask } from '../process.ts';
import { useTask } from '../tasks/use-task.ts';
import { frame } from '../texts/frame.ts';
import { newProject } from '../texts/new-project.ts';
import { FromAce } from './FromAce.tsx';
import { FromNothing } from './FromNothing.tsx';

/** What stands where there is no project: the ways to make one, or `missing` where none can be made. */
export function NewProject({ missing }: { missing: unknown }) {
  const texts = useCatalogue(newProject);
  const frameTexts = useCatalogue(frame);
  const room = useQuery({
    queryKey: ['room'],
    queryFn: ({ signal }) => ask('room', { signal }),
    // What is being made takes the room, and is no reason to say that there is none.
    enabled: ({ state }) => state.data === undefined,
  });
  const { task } = useTask('import-ace');
  const [chosen, setChosen] = useState<'nothing' | 'ace'>();
  if (room.error) return <FailureAlert error={missing} texts={frameTexts} />;
  if (!room.data) return null;
  const { folder } = room.data;
  // One that goes on in another tab is shown here too.
  const from = chosen ?? (task ? 'ace' : 'nothing');
  return (
    <Part title={texts.title}>
      <Stack maw={640}>
        <Text>{texts.none(folder)}</Text>
        <SegmentedControl
          aria-label={texts.title}
          data={[
            { value: 'nothing', label: texts.fromNothing },
            { value: 'ace', label: texts.fromAce },
          ]}
          value={from}
          onChange={(value) => setChosen(value === 'ace' ? 'ace' : 'nothing')}
        />
        {from === 'ace' ? <FromAce folder={folder} /> : <FromNothing folder={folder} />}
      </Stack>
    </Part>
  );
}
