import { Alert, Button, Group, NativeSelect, Stack } from '@mantine/core';
import { useState } from 'react';
import type { DeploymentsAnswer } from '../../../api/manager/deployments.ts';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { Section } from '../frame/Part.tsx';
import { deployments } from '../texts/deployments.ts';
import { Difference } from './Difference.tsx';
import { TakeBack } from './TakeBack.tsx';

const PROJECT = 'project';

/** What differs between two deploys, or a deploy and the project, and the way back to an earlier one. */
export function History({ past }: { past: DeploymentsAnswer['past'] }) {
  const texts = useCatalogue(deployments);
  const [from, setFrom] = useState<string>();
  const [to, setTo] = useState(PROJECT);
  const [back, setBack] = useState<number>();
  const [done, setDone] = useState<number>();
  const choices = past.map(({ serial }) => ({ value: `${serial}`, label: texts.number(serial) }));
  const chosen = from ?? choices[0]?.value;
  if (chosen === undefined) return null;
  return (
    <Section title={texts.history}>
      <Stack gap="sm">
        <Group align="flex-end">
          <NativeSelect
            label={texts.from}
            value={chosen}
            data={choices}
            onChange={({ target }) => setFrom(target.value)}
          />
          <NativeSelect
            label={texts.to}
            value={to}
            data={[{ value: PROJECT, label: texts.project }, ...choices]}
            onChange={({ target }) => setTo(target.value)}
          />
          <Button variant="default" onClick={() => setBack(Number(chosen))}>
            {texts.back(Number(chosen))}
          </Button>
        </Group>
        {done !== undefined && (
          <Alert color="green" role="status">
            {texts.done(done)}
          </Alert>
        )}
        <Difference from={chosen} to={to === PROJECT ? undefined : to} />
      </Stack>
      {back !== undefined && (
        <TakeBack
          serial={back}
          onClose={() => setBack(undefined)}
          onDone={() => {
            setBack(undefined);
            setDone(back);
          }}
        />
      )}
    </Section>
  );
}
