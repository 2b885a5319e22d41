import { Button, Group, Stack } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { FailureAlert } from '../../ui/FailureAlert.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { Part, Section } from '../frame/Part.tsx';
import { ask, useProject } from '../process.ts';
import { frame } from '../texts/frame.ts';
import { packages } from '../texts/packages.ts';
import { BuildForm } from './BuildForm.tsx';
import { ContentsFields } from './ContentsFields.tsx';
import { contentsRequest, type NewContents, NO_CONTENTS } from './new-package.ts';
import { PlanView } from './PlanView.tsx';

/** VMware ACE’s New Package: what is in it, what every rule means for it, and then its making. */
export function MakePackage() {
  const texts = useCatalogue(packages);
  return (
    <Part title={texts.title}>
      <Loaded query={useProject()} texts={useCatalogue(frame)}>
        {({ machines }) => <Wizard machines={machines.map(({ name }) => name)} />}
      </Loaded>
    </Part>
  );
}

function Wizard({ machines }: { machines: readonly string[] }) {
  const texts = useCatalogue(packages);
  const frameTexts = useCatalogue(frame);
  const [contents, setContents] = useState<NewContents>(NO_CONTENTS);
  const plan = useMutation({ mutationFn: () => ask('planPackage', { body: contentsRequest(contents) }) });
  return (
    <Stack maw={640} gap="lg">
      <Section title={texts.contents}>
        <ContentsFields
          {...{ contents, machines }}
          onChange={(change) => {
            // A plan of other contents would mislead.
            plan.reset();
            setContents({ ...contents, ...change });
          }}
        />
      </Section>
      <BuildForm contents={contents} plan={plan.data}>
        <Group mb="lg">
          <Button variant={plan.data ? 'default' : 'filled'} loading={plan.isPending} onClick={() => plan.mutate()}>
            {texts.look}
          </Button>
        </Group>
        {plan.error && <FailureAlert error={plan.error} texts={frameTexts} />}
        {plan.data && <PlanView plan={plan.data} />}
      </BuildForm>
    </Stack>
  );
}
