import { Button, Group, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { passphraseProblem } from '../../../lib/passphrase.ts';
import { FailureAlert } from '../../ui/FailureAlert.tsx';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { ask } from '../process.ts';
import { Secret } from '../tasks/Secret.tsx';
import { frame } from '../texts/frame.ts';
import { policy as catalogue } from '../texts/policy.ts';
import type { Pane } from './PolicyPanes.tsx';

/** A password for the administrator; the policy has only what it is held against. */
export function AdministratorAccessPane({ policy, onPolicy }: Pane) {
  const texts = useCatalogue(catalogue).administrator;
  const frameTexts = useCatalogue(frame);
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const make = useMutation({
    mutationFn: () => ask('administratorAccess', { body: { password } }),
    onSuccess: (administratorAccess) => {
      setPassword('');
      setAgain('');
      onPolicy({ ...policy, administratorAccess });
    },
  });
  const send = (event: FormEvent) => {
    event.preventDefault();
    make.mutate();
  };
  const isGood = passphraseProblem(password) === undefined;
  return (
    <form onSubmit={send}>
      <Stack gap="xs">
        <Text size="sm">{policy.administratorAccess ? texts.isSet : texts.isNot}</Text>
        <Secret label={texts.password} value={password} onChange={setPassword} />
        {password !== '' && !isGood && <Text size="sm">{texts.tooEasy}</Text>}
        <Secret label={texts.again} value={again} onChange={setAgain} />
        {again !== '' && again !== password && <Text size="sm">{texts.differ}</Text>}
        {make.error && <FailureAlert error={make.error} texts={frameTexts} />}
        <Group>
          <Button
            type="submit"
            size="compact-sm"
            variant="default"
            loading={make.isPending}
            disabled={!isGood || again !== password}
          >
            {texts.set}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
