import { Button, Group, Stack } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { FailureAlert } from '../../ui/FailureAlert.tsx';
import { StillMissing } from '../../ui/StillMissing.tsx';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { ask } from '../process.ts';
import { frame } from '../texts/frame.ts';
import { newProject } from '../texts/new-project.ts';
import { EMPTY, missingOf, requestOf } from './new-project.ts';
import { ProjectFields } from './ProjectFields.tsx';

/** A project without machines, as `lazaret-manager init` makes it. */
export function FromNothing({ folder }: { folder: string }) {
  const texts = useCatalogue(newProject);
  const frameTexts = useCatalogue(frame);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [fields, setFields] = useState(EMPTY);
  const make = useMutation({
    mutationFn: () => ask('newProject', { body: requestOf(fields) }),
    onSuccess: async () => {
      await navigate('/');
      await queries.invalidateQueries();
    },
  });
  const missing = missingOf(fields).map((field) => texts[field]);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        make.mutate();
      }}
    >
      <Stack>
        <ProjectFields folder={folder} fields={fields} onChange={(change) => setFields({ ...fields, ...change })} />
        {make.error && <FailureAlert error={make.error} texts={frameTexts} />}
        <Group>
          <Button
            type="submit"
            loading={make.isPending}
            disabled={missing.length > 0}
            aria-describedby="project-missing"
          >
            {texts.make}
          </Button>
          <StillMissing id="project-missing" fields={missing} />
        </Group>
      </Stack>
    </form>
  );
}
