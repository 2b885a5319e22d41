import { Alert, Button, Code, Group, Text } from '@mantine/core';
import { AskFailure } from './ask.ts';

export interface FailureTexts {
  unreachable: string;
  unreachableRemedy: string;
  retry: string;
}

/** A failure with its reason, its remedy and its code; and a way to try again, where there is one. */
export function FailureAlert({ error, texts, onRetry }: { error: unknown; texts: FailureTexts; onRetry?: () => void }) {
  const isKnown = error instanceof AskFailure;
  return (
    <Alert color="red" variant="light" title={isKnown ? error.message : texts.unreachable} role="alert">
      <Text size="sm" style={{ whiteSpace: 'pre-line' }}>
        {isKnown ? error.remedy : texts.unreachableRemedy}
      </Text>
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
