import { Alert, Button, Group, NativeSelect, Stack, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { SimulateAnswer } from '../../../api/manager/simulate.ts';
import type { Quarantine } from '../../../policy/quarantine.ts';
import { liveVersions } from '../../../quarantine/versions/versions.ts';
import { FailureAlert } from '../../ui/FailureAlert.tsx';
import { useSaid } from '../../ui/texts/said.ts';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { ask } from '../process.ts';
import { access } from '../texts/access.ts';
import { frame } from '../texts/frame.ts';

const PROTOCOLS = ['tcp', 'udp', 'icmp'] as const;
const ANSWERS = ['yes', 'no', 'reject', 'void'] as const;
const NOTHING = { version: '', at: '', to: '', protocol: 'tcp', answer: '' };

/** Whether a machine would reach a place, as `lazaret-manager nq simulate` says it; its computer is where the map shows it. */
export function Simulator({
  vm,
  quarantine,
  zone,
  answer,
  onAnswer,
}: {
  vm: string;
  quarantine: Quarantine;
  zone: string;
  answer: SimulateAnswer | undefined;
  onAnswer: (answer: SimulateAnswer) => void;
}) {
  const texts = useCatalogue(access);
  const frameTexts = useCatalogue(frame);
  const said = useSaid();
  const [supposed, setSupposed] = useState(NOTHING);
  const simulate = useMutation({
    mutationFn: () => ask('simulate', { vm, body: bodyOf(supposed, zone) }),
    onSuccess: onAnswer,
  });
  const field = (name: keyof typeof NOTHING) => ({
    value: supposed[name],
    onChange: ({ target }: { target: HTMLInputElement | HTMLSelectElement }) =>
      setSupposed({ ...supposed, [name]: target.value }),
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        simulate.mutate();
      }}
    >
      <Stack gap="sm">
        <Text size="sm">{texts.simulatorHelp}</Text>
        {quarantine.type === 'version-based' && (
          <NativeSelect
            label={texts.version}
            {...field('version')}
            data={[
              { value: '', label: texts.noVersion },
              ...liveVersions(quarantine)
                .map(({ name, descriptor }) => ({ value: descriptor, label: `${name}  ${descriptor}` }))
                .reverse(),
            ]}
          />
        )}
        {quarantine.type === 'custom' && (
          <>
            <TextInput label={texts.descriptor} {...field('version')} />
            <NativeSelect
              label={texts.plugin}
              {...field('answer')}
              data={[
                { value: '', label: texts.pluginAsked },
                ...ANSWERS.map((value) => ({ value, label: texts.answers[value] })),
              ]}
            />
          </>
        )}
        <Group align="flex-start" grow>
          <NativeSelect
            label={texts.protocol}
            {...field('protocol')}
            data={PROTOCOLS.map((value) => ({ value, label: value.toUpperCase() }))}
          />
          <TextInput label={texts.at} type="datetime-local" {...field('at')} />
        </Group>
        <Text size="xs" c="dimmed">
          {texts.atHelp}
        </Text>
        <TextInput label={texts.to} description={texts.toHelp} spellCheck={false} {...field('to')} />
        <Group>
          <Button type="submit" loading={simulate.isPending} disabled={supposed.to.trim() === ''}>
            {texts.ask}
          </Button>
        </Group>
        {simulate.error && <FailureAlert error={simulate.error} texts={frameTexts} />}
        <div role="status">
          {answer && (
            <Alert
              color={answer.allowed ? 'green' : 'red'}
              title={`${answer.allowed ? '✓' : '▬'} ${answer.allowed ? texts.allowed : texts.notAllowed}`}
            >
              <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
                {texts.by(answer.rule)}
              </Text>
              <Text size="sm">
                {texts.accessIs(texts.states[answer.access], said.reason(answer.why, answer.reason))}
              </Text>
            </Alert>
          )}
        </div>
      </Stack>
    </form>
  );
}

function bodyOf({ version, at, to, protocol, answer }: typeof NOTHING, zone: string) {
  const said = ANSWERS.find((one) => one === answer);
  return {
    ...(version === '' ? {} : { version }),
    ...(zone === '' ? {} : { zone }),
    ...(at === '' ? {} : { at: new Date(at).toISOString() }),
    ...(said ? { answer: said } : {}),
    to: to.trim(),
    protocol: PROTOCOLS.find((one) => one === protocol) ?? 'tcp',
  };
}
