import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { lazy, Suspense, useRef, useState } from 'react';
import type { MachineAnswer } from '../../../api/machine.ts';
import { AskFailure } from '../../ui/ask.ts';
import { FailureAlert } from '../../ui/FailureAlert.tsx';
import { useStart } from '../service.ts';
import { useTexts } from '../texts/use-texts.ts';
import { isAboutPassword } from './password-question.ts';

/** Fetched when a machine asks for something: the first view is to be there at once. */
const PasswordDialog = lazy(() =>
  import('./PasswordDialog.tsx').then((module) => ({ default: module.PasswordDialog })),
);

/** Starts a machine, which is the main thing to be done with it unless that is known to fail, or lets it go on where it was suspended; where its policy asks for a password, so does this. */
export function StartButton({ machine: { vm, state, cannotStart, hotFixes = [] } }: { machine: MachineAnswer }) {
  const texts = useTexts();
  const start = useStart();
  const asks = isAboutPassword(start.error);
  const button = useRef<HTMLButtonElement>(null);
  // It keeps what is typed while that is tried.
  const [isTried, setTried] = useState(false);
  if (start.isPending && !isTried) setTried(true);
  const isUnfit = start.error instanceof AskFailure && start.error.code === 'SUSPENDED_UNFIT';
  const discard = () => start.mutate({ ...start.variables, vm, discard: true });
  const word = state === 'suspended' ? texts.resume : texts.start;
  return (
    <Stack gap="xs" align="flex-start">
      {start.error && !asks && !isUnfit && <FailureAlert error={start.error} texts={texts} />}
      {isUnfit && (
        <Alert color="red" variant="light" title={texts.unfit} role="alert">
          <Text size="sm">{start.error?.message}</Text>
          <Group mt="xs">
            <Button size="compact-sm" variant="default" onClick={() => start.reset()}>
              {texts.cancel}
            </Button>
            <Button size="compact-sm" color="red" onClick={discard}>
              {texts.discard}
            </Button>
          </Group>
        </Alert>
      )}
      <Button
        ref={button}
        variant={cannotStart ? 'default' : 'filled'}
        loading={start.isPending && !asks}
        onClick={() => start.mutate({ vm })}
      >
        {word}
      </Button>
      {isTried && (
        <Suspense fallback={null}>
          <PasswordDialog
            vm={vm}
            title={`${word}: ${vm}`}
            work={start}
            hasHotFix={hotFixes.includes('password')}
            // A button that waits for an answer has lost it.
            onClosed={() => button.current?.focus()}
          />
        </Suspense>
      )}
    </Stack>
  );
}
