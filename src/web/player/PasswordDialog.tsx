import { Button, Group, Modal, PasswordInput, Stack, Text } from '@mantine/core';
import type { UseMutationResult } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { AskFailure } from '../ui/ask.ts';
import { FailureAlert } from '../ui/FailureAlert.tsx';
import { HotFixDialog } from './HotFixDialog.tsx';
import type { Start } from './service.ts';
import { useTexts } from './use-texts.ts';

interface PasswordDialogProps {
  vm: string;
  title: string;
  /** What wants the password, and is asked again with it. */
  work: UseMutationResult<unknown, Error, Start>;
  /** A new one is wanted, whatever there is. */
  isChange?: boolean;
  /** Its user may ask for a hot fix where he has lost it. */
  hasHotFix?: boolean;
}

/** Asks for what a start or a change of the password wants: the password, a new one twice, or both. */
export function PasswordDialog({ vm, title, work, isChange = false, hasHotFix = false }: PasswordDialogProps) {
  const texts = useTexts();
  const [wants, setWants] = useState({ old: false, fresh: false });
  const [{ password, fresh, again }, setTyped] = useState(NOTHING);
  const [isLost, setLost] = useState(false);
  const code = codeOf(work.error);
  const now = wantedBy(code, isChange) ?? wants;
  const close = () => {
    setTyped(NOTHING);
    work.reset();
  };
  const isWhole = (!now.old || password !== '') && (!now.fresh || (fresh !== '' && fresh === again));
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (!isWhole) return;
    setWants(now);
    const secrets = { ...(now.old ? { password } : {}), ...(now.fresh ? { newPassword: fresh } : {}) };
    work.mutate({ ...work.variables, vm, ...secrets }, { onSuccess: () => setTyped(NOTHING) });
  };
  const isAgain = code !== undefined && !FIRST.includes(code);
  const isOpen =
    isAboutPassword(work.error) || (work.isPending && (wants.old || wants.fresh) && password + fresh !== '');
  if (isLost) return <HotFixDialog vm={vm} problem="password" onClose={() => setLost(false)} />;
  return (
    <Modal opened={isOpen} onClose={close} title={title} closeButtonProps={{ 'aria-label': texts.close }}>
      <form onSubmit={send}>
        <Stack>
          {isAgain && <FailureAlert error={work.error} texts={texts} />}
          {now.fresh && <Text size="sm">{now.old ? texts.passwordChange : texts.passwordFirst}</Text>}
          {now.old && (
            <PasswordInput
              label={texts.password}
              autoComplete="off"
              data-autofocus
              value={password}
              onChange={({ target }) => setTyped({ password: target.value, fresh, again })}
            />
          )}
          {now.fresh && (
            <>
              <PasswordInput
                label={texts.passwordNew}
                autoComplete="new-password"
                value={fresh}
                onChange={({ target }) => setTyped({ password, fresh: target.value, again })}
              />
              <PasswordInput
                label={texts.passwordAgain}
                autoComplete="new-password"
                value={again}
                error={again !== '' && again !== fresh && texts.passwordsDiffer}
                onChange={({ target }) => setTyped({ password, fresh, again: target.value })}
              />
            </>
          )}
          {hasHotFix && now.old && (
            <Button
              variant="subtle"
              size="compact-sm"
              style={{ alignSelf: 'flex-start' }}
              onClick={() => {
                setLost(true);
                close();
              }}
            >
              {texts.hotFixLost}
            </Button>
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {texts.cancel}
            </Button>
            <Button type="submit" disabled={!isWhole} loading={work.isPending}>
              {texts.confirm}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

const NOTHING = { password: '', fresh: '', again: '' };
/** What is no failure yet, but a question. */
const FIRST = ['PASSWORD_UNSET', 'PASSWORD_NEEDED', 'PASSWORD_CHANGE'];
const ABOUT = [...FIRST, 'PASSWORD_WRONG', 'PASSWORD_PAUSE', 'PASSWORD_RULES'];

/** Whether a failure is a question for a password. */
export function isAboutPassword(error: Error | null): boolean {
  return ABOUT.includes(codeOf(error) ?? '');
}

function codeOf(error: Error | null): string | undefined {
  return error instanceof AskFailure ? error.code : undefined;
}

function wantedBy(code: string | undefined, isChange: boolean): { old: boolean; fresh: boolean } | undefined {
  switch (code) {
    case 'PASSWORD_UNSET':
      return { old: false, fresh: true };
    case 'PASSWORD_NEEDED':
      return { old: true, fresh: isChange };
    case 'PASSWORD_CHANGE':
      return { old: true, fresh: true };
    default:
      return undefined;
  }
}
