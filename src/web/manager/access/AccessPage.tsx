import { Grid } from '@mantine/core';
import { useState } from 'react';
import { useParams } from 'react-router';
import type { SimulateAnswer } from '../../../api/manager/simulate.ts';
import type { Quarantine } from '../../../policy/quarantine.ts';
import { Loaded } from '../../ui/Loaded.tsx';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { Part, Section } from '../frame/Part.tsx';
import { useQuarantine } from '../process.ts';
import { access } from '../texts/access.ts';
import { frame } from '../texts/frame.ts';
import { AccessMapView } from './AccessMapView.tsx';
import { Simulator } from './Simulator.tsx';

/** What a machine reaches, as a picture, and the simulator that draws its answer into it. */
export function AccessPage() {
  const { vm = '' } = useParams();
  const texts = useCatalogue(access);
  return (
    <Part title={texts.title(vm)}>
      <Loaded query={useQuarantine(vm)} texts={useCatalogue(frame)}>
        {({ quarantine }) => <Both key={vm} vm={vm} quarantine={quarantine} />}
      </Loaded>
    </Part>
  );
}

/** What the map shows: a list of the machine, where its computer is. */
export interface View {
  state: 'normal' | 'restricted';
  /** The name of a zone; empty where no zone is. */
  zone: string;
}

function Both({ vm, quarantine }: { vm: string; quarantine: Quarantine }) {
  const texts = useCatalogue(access);
  const [view, setView] = useState<View>({ state: 'normal', zone: '' });
  const [answer, setAnswer] = useState<SimulateAnswer>();
  const show = (next: View) => {
    setView(next);
    setAnswer(undefined);
  };
  const answered = (next: SimulateAnswer) => {
    setAnswer(next);
    setView({ ...view, state: next.access === 'normal' ? 'normal' : 'restricted' });
  };
  return (
    <Grid gap="lg">
      <Grid.Col span={{ base: 12, md: 7 }}>
        <Section title={texts.map}>
          <AccessMapView vm={vm} quarantine={quarantine} view={view} decided={answer} onView={show} />
        </Section>
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 5 }}>
        <Section title={texts.simulator}>
          <Simulator vm={vm} quarantine={quarantine} zone={view.zone} answer={answer} onAnswer={answered} />
        </Section>
      </Grid.Col>
    </Grid>
  );
}
