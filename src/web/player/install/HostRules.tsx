import { Alert, Code, Text } from '@mantine/core';
import type { HostAnswer } from '../../../api/status.ts';
import { OwnWords } from '../../ui/OwnWords.tsx';
import { useSaid } from '../../ui/texts/said.ts';
import { Words } from '../../ui/Words.tsx';
import { useTexts } from '../texts/use-texts.ts';

/** The rules for the computer itself, where its user consented to some: whether they are in force. */
export function HostRules({ host }: { host: HostAnswer | undefined }) {
  const texts = useTexts();
  const said = useSaid();
  if (!host) return null;
  const { state, zone, entries = 0, failure } = host;
  const failed = failure && said.failure(failure);
  if (state === 'failed')
    return (
      <Alert color="red" mb="md" role="alert" title={`${texts.hostRules}: ${failed?.text ?? ''}`}>
        <OwnWords words={failed?.words} />
        {failure && <Words text={said.remedy(failure)} />} <Code>{failure?.code}</Code>
      </Alert>
    );
  const words = {
    'in-force': texts.hostInForce(entries, zone ?? texts.hostNoZone),
    free: texts.hostFree,
    'not-enforced': texts.hostNotEnforced,
  };
  return (
    <Text size="sm" c="dimmed" mb="md">
      {texts.hostRules}: {words[state]}
    </Text>
  );
}
