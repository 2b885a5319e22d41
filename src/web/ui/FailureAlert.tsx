import { Alert, Button, Code, Group, Text } from '@mantine/core';
import { AskFailure } from './ask.ts';
import { OwnWords } from './OwnWords.tsx';
import { type SaidFailure, useSaid } from './texts/said.ts';
import { Words } from './Words.tsx';

export interface FailureTexts {
  unreachable: string;
  unreachableRemedy: string;
  retry: string;
  because: (cause: string) => string;
  log: (path: string) => string;
}

/** A failure with its reason, its remedy, what led to it, the log and its code; and a way to try again, where there is one. */
export function FailureAlert({ error, texts, onRetry }: { error: unknown; texts: FailureTexts; onRetry?: () => void }) {
  const said = useSaid();
  const isKnown = error instanceof AskFailure;
  const failure: SaidFailure = isKnown ? said.failure(error) : { text: texts.unreachable };
  return (
    <Alert color="red" variant="light" title={failure.text} role="alert">
      <OwnWords {...failure} />
      <Text size="sm" style={{ whiteSpace: 'pre-line' }}>
        <Words text={isKnown ? said.remedy(error) : texts.unreachableRemedy} />
      </Text>
      {isKnown &&
        error.causes.map((cause) => (
          <Text key={cause} size="xs" mt={4} lang="en" style={{ overflowWrap: 'anywhere' }}>
            {texts.because(cause)}
          </Text>
        ))}
      {isKnown && error.log !== undefined && (
        <Text size="xs" mt={4} style={{ overflowWrap: 'anywhere' }}>
          {texts.log(error.log)}
        </Text>
      )}
      <Group mt="xs" justify="space-between">
        {isKnown ? <Code>{error.code}</Code> : <span />}
        {onRetry && (
          <Button size="compact-sm" variant="default" onClick={onRetry}>
            {texts.retry}
          </Button>
        )}
      </Group>
    </Alert>
  );
}
