import { Button, Card, Group, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { Link } from 'react-router';
import type { MachineAnswer } from '../../api/machine.ts';
import { FailureAlert } from '../ui/FailureAlert.tsx';
import { OwnWords } from '../ui/OwnWords.tsx';
import { Pending } from '../ui/Pending.tsx';
import { StateBadge } from '../ui/StateBadge.tsx';
import { useSaid } from '../ui/texts/said.ts';
import { Words } from '../ui/Words.tsx';
import { HotFixButton } from './hot-fixes/HotFixButton.tsx';
import { Update } from './install/Update.tsx';
import { hotFixFor, isOff, isOn, shownState } from './machine/machine-state.ts';
import { StartButton } from './machine/StartButton.tsx';
import { TimeLeft } from './machine/TimeLeft.tsx';
import { useStatus } from './service.ts';
import { useTexts } from './texts/use-texts.ts';

/** All machines of this computer, a card each. */
export function Machines() {
  const texts = useTexts();
  const query = useStatus();
  const { data, error, refetch } = query;
  if (error) return <FailureAlert error={error} texts={texts} onRetry={() => void refetch()} />;
  if (data === undefined) return <Pending query={query} label={texts.loading} />;
  if (data.machines.length === 0) return <NoMachines />;
  // Without an address to ask, its button could only fail.
  const hasNewest = data.hasPackageServer !== false;
  return (
    <Stack gap="lg">
      <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
        {data.machines.map((machine) => (
          <MachineCard key={machine.vm} machine={machine} hasNewest={hasNewest} />
        ))}
      </SimpleGrid>
      {hasNewest && <Update />}
    </Stack>
  );
}

function NoMachines() {
  const texts = useTexts();
  return (
    <Stack align="flex-start">
      <Title order={2} size="h4">
        {texts.noMachines}
      </Title>
      <Text>{texts.noMachinesHelp}</Text>
      <Button component={Link} to="/install">
        {texts.install}
      </Button>
    </Stack>
  );
}

/** A machine, its state with the reason, and the one thing that is to be done with it. */
function MachineCard({ machine, hasNewest }: { machine: MachineAnswer; hasNewest: boolean }) {
  const texts = useTexts();
  const said = useSaid();
  const { vm, message, stands, code = stands?.code, reason = stands?.reason, remedy = stands?.remedy } = machine;
  const failed = said.failure({ code, reason });
  return (
    <Card withBorder component="section" aria-label={vm}>
      <Stack h="100%" gap="xs">
        <Title order={2} size="h4" style={{ overflowWrap: 'anywhere' }}>
          {vm}
        </Title>
        <StateBadge {...shownState(machine, texts)} />
        {message && <Text style={{ whiteSpace: 'pre-line' }}>{message}</Text>}
        {reason && (
          <Text size="sm" c="dimmed">
            {machine.why ? said.reason(machine.why, reason) : failed.text}
          </Text>
        )}
        {!machine.why && <OwnWords words={failed.words} />}
        {remedy && (
          <Text size="sm">
            <Words text={said.remedy({ code, remedy })} />
          </Text>
        )}
        <TimeLeft machine={machine} />
        {hasNewest && machine.access === 'restricted' && <Update vm={vm} />}
        <Group mt="auto" pt="xs">
          {isOff(machine) && <StartButton machine={machine} />}
          <HotFixButton machine={machine} />
          {isOn(machine) && (
            <Button component={Link} to={`/machines/${vm}`}>
              {texts.open}
            </Button>
          )}
          {!isOn(machine) && (
            <Button
              variant={machine.cannotStart && !hotFixFor(machine) ? 'filled' : 'default'}
              component={Link}
              to={`/machines/${vm}`}
            >
              {texts.why}
            </Button>
          )}
        </Group>
      </Stack>
    </Card>
  );
}
