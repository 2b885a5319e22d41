import { Alert, Code, Text } from '@mantine/core';
import { OwnWords } from './OwnWords.tsx';
import { type Told, useSaid } from './texts/said.ts';
import { Words } from './Words.tsx';

/** A failure that a process tells among other things: what has happened, what to do, and its code. */
export function ToldFailure({ failure }: { failure: Told }) {
  const said = useSaid();
  const told = said.failure(failure);
  return (
    <Alert color="red" role="alert" title={told.text}>
      <OwnWords {...told} />
      <Text size="sm">
        <Words text={said.remedy(failure)} />
      </Text>
      <Code>{failure.code}</Code>
    </Alert>
  );
}
