import { TextInput } from '@mantine/core';
import { useState } from 'react';
import { Loaded } from '../ui/Loaded.tsx';
import { useCatalogue } from '../ui/texts/texts.ts';
import { Part } from './frame/Part.tsx';
import { MachineTable } from './MachineTable.tsx';
import { useProject } from './process.ts';
import { frame } from './texts/frame.ts';
import { project } from './texts/project.ts';

export function Machines() {
  const frameTexts = useCatalogue(frame);
  const texts = useCatalogue(project);
  const [filter, setFilter] = useState('');
  return (
    <Part title={frameTexts.machines} commands={[{ to: '/add-machine', text: texts.addMachine }]}>
      <Loaded query={useProject()} texts={frameTexts}>
        {(answer) => (
          <>
            {answer.machines.length > 1 && (
              <TextInput
                type="search"
                label={texts.filter}
                value={filter}
                maw={320}
                mb="md"
                onChange={({ target }) => setFilter(target.value)}
              />
            )}
            <MachineTable project={answer} filter={filter} />
          </>
        )}
      </Loaded>
    </Part>
  );
}
