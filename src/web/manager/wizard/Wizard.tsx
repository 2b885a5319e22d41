import { Button, Grid, Group, Stack, Title } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { useNavigate } from 'react-router';
import type { QuarantineAnswer } from '../../../api/manager/quarantine.ts';
import { FailureAlert } from '../../ui/FailureAlert.tsx';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { LeaveGuard } from '../frame/LeaveGuard.tsx';
import { StaleAlert } from '../frame/StaleAlert.tsx';
import { useHeld } from '../frame/use-held.ts';
import { ask } from '../process.ts';
import { frame } from '../texts/frame.ts';
import { wizard } from '../texts/wizard.ts';
import { PanelContent } from './PanelContent.tsx';
import { PanelLinks } from './PanelLinks.tsx';
import { titleOf } from './panel-title.ts';
import { useWizard } from './use-wizard.ts';
import { finishBody, isChanged, outcomeOf, type Place } from './wizard-state.ts';

/** The panels at the left, the one that is open, and at the foot Back, Next and Finish. */
export function Wizard({ vm, panel, answer }: { vm: string; panel: string; answer: QuarantineAnswer }) {
  const texts = useCatalogue(wizard);
  const frameTexts = useCatalogue(frame);
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [now] = useState(() => Date.now());
  const { state, change, forget } = useWizard(vm, answer.seen);
  const isDirty = isChanged(state);
  const { answer: held, isStale, takeOver } = useHeld(answer, isDirty);
  const outcome = useMemo(() => outcomeOf(held.quarantine, state, now), [held, state, now]);
  const place = outcome.places.find((name) => name === panel) ?? 'options';
  const at = outcome.places.indexOf(place);
  const to = (name: Place | undefined) => name && void navigate(`/machines/${vm}/quarantine/${name}`);
  const finish = useMutation({
    mutationFn: () => ask('wizard', { vm, body: finishBody(held.seen, state) }),
    onSuccess: async () => {
      const isDeploying = state.deploysAfter && outcome.places.includes('deploy');
      forget();
      await queries.invalidateQueries();
      void navigate(isDeploying ? '/deployments' : `/machines/${vm}`);
    },
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: a panel is visited when it is opened, whatever is said in it
  useEffect(() => {
    if (!state.visited.includes(place)) change({ ...state, visited: [...state.visited, place] });
  }, [place]);
  const onFinish = () => {
    const wrong = outcome.problems[0]?.place ?? (outcome.lost.length > 0 && !state.agreesToLoss ? 'ready' : undefined);
    if (wrong === undefined) finish.mutate();
    else to(wrong);
  };
  return (
    <>
      <LeaveGuard isDirty={isDirty && !finish.isPending && !finish.isSuccess} stays={`/machines/${vm}/quarantine`} />
      {isStale && !finish.isPending && (
        <StaleAlert
          onTakeOver={() => {
            finish.reset();
            takeOver();
          }}
        />
      )}
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, md: 3 }}>
          <PanelLinks vm={vm} place={place} state={state} outcome={outcome} />
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 9 }}>
          <Stack component="section" aria-labelledby="panel" mih={{ base: 320, md: 460 }}>
            <Title order={2} size="h4" id="panel">
              {titleOf(place, outcome, texts)}
            </Title>
            <PanelContent vm={vm} answer={held} place={place} state={state} outcome={outcome} onState={change} />
            {finish.error && <FailureAlert error={finish.error} texts={frameTexts} />}
          </Stack>
          <Group
            justify="space-between"
            mt="lg"
            pt="sm"
            style={{ borderTop: '1px solid var(--mantine-color-default-border)' }}
          >
            <Group gap="xs">
              <Button variant="default" disabled={at <= 0} onClick={() => to(outcome.places[at - 1])}>
                {texts.back}
              </Button>
              <Button
                variant="default"
                disabled={at >= outcome.places.length - 1}
                onClick={() => to(outcome.places[at + 1])}
              >
                {texts.next}
              </Button>
            </Group>
            <Button loading={finish.isPending} onClick={onFinish}>
              {texts.finish}
            </Button>
          </Group>
        </Grid.Col>
      </Grid>
    </>
  );
}
