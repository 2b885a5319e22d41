import { Button, Group, Modal, PasswordInput, Stack } from '@mantine/core';
import { useState } from 'react';
import { AskFailure } from '../../ui/ask.ts';
import { FailureAlert } from '../../ui/FailureAlert.tsx';
import { useTexts } from '../texts/use-texts.ts';
import { isAboutSecret } from './package-question.ts';

interface PackageSecretProps {
  /** What the package said. */
  error: Error | null;
  isPending: boolean;
  onSecret: (secret: string) => void;
  onClose: () => void;
}

/** Asks for what opens an encrypted package, until it does. */
export function PackageSecret({ error, isPending, onSecret, onClose }: PackageSecretProps) {
  const texts = useTexts();
  const [typed, setTyped] = useState('');
  const [isAsked, setAsked] = useState(false);
  const close = () => {
    setTyped('');
    setAsked(false);
    onClose();
  };
  const isIdentity = error instanceof AskFailure && error.details['asks'] === 'identity';
  const isWrong = error instanceof AskFailure && error.code === 'PACKAGE_SECRET';
  const isOpen = isAboutSecret(error) || (isPending && isAsked);
  return (
    <Modal opened={isOpen} onClose={close} title={texts.packageLocked} closeButtonProps={{ 'aria-label': texts.close }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          setAsked(true);
          onSecret(isIdentity ? typed.trim() : typed);
        }}
      >
        <Stack>
          {isWrong && <FailureAlert error={error} texts={texts} />}
          <PasswordInput
            label={isIdentity ? texts.packageIdentity : texts.packagePassphrase}
            autoComplete="off"
            data-autofocus
            value={typed}
            onChange={({ target }) => setTyped(target.value)}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {texts.cancel}
            </Button>
            <Button type="submit" disabled={typed === ''} loading={isPending}>
              {texts.confirm}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
