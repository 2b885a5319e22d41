import { Alert, Text } from '@mantine/core';
import type { MachineAnswer } from '../../../api/machine.ts';
import { OwnWords } from '../../ui/OwnWords.tsx';
import { useSaid } from '../../ui/texts/said.ts';
import { lastDayText, useLanguage } from '../../ui/texts/texts.ts';
import { Words } from '../../ui/Words.tsx';
import { useTexts } from '../texts/use-texts.ts';

/** How long a machine may still be used, where that is not without end; with the administrator’s text once one is due. */
export function TimeLeft({ machine }: { machine: MachineAnswer }) {
  const texts = useTexts();
  const language = useLanguage();
  const said = useSaid();
  const { expiration, cannotStart } = machine;
  const isOver = expiration?.state === 'expired';
  return (
    <>
      {expiration?.state === 'valid' && (
        <Text size="sm" c="dimmed">
          {texts.timeLeft(expiration.daysLeft, lastDayText(expiration.endsAt, language))}
        </Text>
      )}
      {expiration && expiration.state !== 'valid' && (
        <Alert color={isOver ? 'red' : 'yellow'} role="status" variant="light">
          <Text size="sm" fw={600}>
            {isOver ? texts.timeOver : texts.timeLeft(expiration.daysLeft, lastDayText(expiration.endsAt, language))}
          </Text>
          {expiration.message && (
            <Text size="sm" style={{ whiteSpace: 'pre-line' }}>
              {expiration.message}
            </Text>
          )}
        </Alert>
      )}
      {cannotStart && (
        <>
          {!isOver && <Text size="sm">{said.failure(cannotStart).text}</Text>}
          <Text size="sm">
            <Words text={said.remedy(cannotStart)} />
          </Text>
          {!isOver && <OwnWords words={said.failure(cannotStart).words} />}
        </>
      )}
    </>
  );
}
