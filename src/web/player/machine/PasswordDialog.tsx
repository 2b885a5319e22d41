import { Button, Group, Modal, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import type { UseMutationResult } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { FailureAlert } from '../../ui/FailureAlert.tsx';
import { HotFix } from '../hot-fixes/HotFix.tsx';
import type { Start } from '../service.ts';
import { useTexts } from '../texts/use-texts.ts';
import { codeOf, isAboutPassword, isQuestion } from './password-question.ts';

interface PasswordDialogProps {
  vm: string;
  title: string;
  /** What wants the password, and is asked again with it. */
  work: UseMutationResult<unknown, Error, Start>;
  /** A new one is wanted, whatever there is. */
  isChange?: boolean;
  /** Its user may ask for a hot fix where he has lost it. */
  hasHotFix?: boolean;
  /** Told when it is no longer seen, where what had the focus could not keep it. */
  onClosed?: () => void;
}

/** Asks for what a start or a change of the password wants: the password, a new one twice, or both; or a name and its password. */
export function PasswordDialog({
  vm,
  title,
  work,
  isChange = false,
  hasHotFix = false,
  onClosed,
}: PasswordDialogProps) {
  const texts = useTexts();
  const [wants, setWants] = useState<Wants>({ old: false, fresh: false });
  const [typed, setTyped] = useState(NOTHING);
  const [isLost, setLost] = useState(false);
  const { user, password, fresh, again } = typed;
  const code = codeOf(work.error);
  const now = wantedBy(code, isChange) ?? wants;
  const close = () => {
    setTyped({ ...NOTHING, user });
    work.reset();
  };
  const isNamed = !now.name || user.trim() !== '';
  const isWhole = isNamed && (!now.old || password !== '') && (!now.fresh || (fresh !== '' && fresh === again));
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (!isWhole) return;
    setWants(now);
    const secrets = {
      ...(now.name ? { user } : {}),
      ...(now.old ? { password } : {}),
      ...(now.fresh ? { newPassword: fresh } : {}),
    };
    work.mutate({ ...work.variables, vm, ...secrets }, { onSuccess: () => setTyped({ ...NOTHING, user }) });
  };
  const isAgain = code !== undefined && !isQuestion(code);
  const isOpen =
    isAboutPassword(work.error) || (work.isPending && (wants.old || wants.fresh) && password + fresh !== '');
  if (isLost) return <HotFix vm={vm} problem="password" onClose={() => setLost(false)} />;
  return (
    <Modal
      opened={isOpen}
      onClose={close}
      title={title}
      closeButtonProps={{ 'aria-label': texts.close }}
      {...(onClosed ? { onExitTransitionEnd: onClosed } : {})}
    >
      <form onSubmit={send}>
        <Stack>
          {isAgain && <FailureAlert error={work.error} texts={texts} />}
          {now.fresh && <Text size="sm">{now.old ? texts.passwordChange : texts.passwordFirst}</Text>}
          {now.name && (
            <TextInput
              label={texts.user}
              description={texts.userHelp}
              autoComplete="off"
              spellCheck={false}
              data-autofocus
              value={user}
              onChange={({ target }) => setTyped({ ...typed, user: target.value })}
            />
          )}
          {now.old && (
            <PasswordInput
              label={texts.password}
              autoComplete="off"
              data-autofocus={now.name ? undefined : true}
              value={password}
              onChange={({ target }) => setTyped({ ...typed, password: target.value })}
            />
          )}
          {now.fresh && (
            <>
              <PasswordInput
                label={texts.passwordNew}
                autoComplete="new-password"
                value={fresh}
                onChange={({ target }) => setTyped({ ...typed, fresh: target.value })}
              />
              <PasswordInput
                label={texts.passwordAgain}
                autoComplete="new-password"
                value={again}
                error={again !== '' && again !== fresh && texts.passwordsDiffer}
                onChange={({ target }) => setTyped({ ...typed, again: target.value })}
              />
            </>
          )}
          {hasHotFix && now.old && !now.name && (
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

interface Wants {
  /** The name of an account. */
  name?: boolean;
  /** The password that there is. */
  old: boolean;
  /** A new one. */
  fresh: boolean;
}

const NOTHING = { user: '', password: '', fresh: '', again: '' };
function wantedBy(code: string | undefined, isChange: boolean): Wants | undefined {
  switch (code) {
    case 'PASSWORD_UNSET':
      return { old: false, fresh: true };
    case 'ACCOUNT_NEEDED':
      return { name: true, old: true, fresh: false };
    case 'PASSWORD_NEEDED':
      return { old: true, fresh: isChange };
    case 'PASSWORD_CHANGE':
      return { old: true, fresh: true };
    default:
      return undefined;
  }
}
