import { Button, Group, Stack, Text, TextInput, Title } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import type { ProgressAnswer } from '../../../api/install.ts';
import { FailureAlert } from '../../ui/FailureAlert.tsx';
import { ask, askGoingOn } from '../service.ts';
import { useTexts } from '../texts/use-texts.ts';
import { InstallProgress } from './InstallProgress.tsx';
import { type Confirmed, PackagePlan } from './PackagePlan.tsx';
import { PackageSecret } from './PackageSecret.tsx';
import { isAboutSecret } from './package-question.ts';

/** Where a package is, and whose it is to be. */
interface Named {
  source: string;
  fingerprint?: string;
}

/** What opens a package that is encrypted. */
interface Secret {
  secret?: string;
}

/** Installs a package: first what it would do, then, with what is to be confirmed, the thing itself. */
export function Install() {
  const texts = useTexts();
  const [source, setSource] = useState('');
  const [fingerprint, setFingerprint] = useState('');
  const [progress, setProgress] = useState<ProgressAnswer>();
  const cancel = useRef<AbortController>(null);
  const named = {
    source: source.trim(),
    ...(fingerprint === '' ? {} : { fingerprint: fingerprint.trim().toLowerCase() }),
  };
  // What was planned is installed, whatever stands in the fields by then. Its secret is kept with the answer alone: the page forgets it with
  // the next package.
  const plan = useMutation({ mutationFn: (asked: Named & Secret) => ask('plan', { body: asked }) });
  const install = useMutation({
    mutationFn: (confirmed: Named & Secret & Confirmed) => {
      cancel.current = new AbortController();
      return askGoingOn('install', { body: confirmed, signal: cancel.current.signal }, setProgress);
    },
    onSettled: () => setProgress(undefined),
  });
  const isCancelled = install.error?.name === 'AbortError';
  return (
    <Stack maw={640}>
      <Title order={2} size="h4">
        {texts.install}
      </Title>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          install.reset();
          plan.mutate(named);
        }}
      >
        <Stack>
          <TextInput
            label={texts.source}
            description={texts.sourceHelp}
            required
            value={source}
            onChange={({ target }) => setSource(target.value)}
          />
          <TextInput
            label={texts.fingerprint}
            description={texts.fingerprintHelp}
            value={fingerprint}
            onChange={({ target }) => setFingerprint(target.value)}
          />
          <Group>
            <Button type="submit" variant={plan.data ? 'default' : 'filled'} loading={plan.isPending}>
              {texts.plan}
            </Button>
          </Group>
        </Stack>
      </form>
      <PackageSecret
        error={plan.error}
        isPending={plan.isPending}
        onSecret={(secret) => plan.mutate({ ...(plan.variables ?? named), secret })}
        onClose={plan.reset}
      />
      {plan.error && !isAboutSecret(plan.error) && <FailureAlert error={plan.error} texts={texts} />}
      {plan.data && !install.isSuccess && !install.isPending && (
        <PackagePlan
          key={plan.data.generation}
          plan={plan.data}
          source={plan.variables.source}
          onInstall={(confirmed) => install.mutate({ ...plan.variables, ...confirmed })}
        />
      )}
      {install.isPending && <InstallProgress progress={progress} onCancel={() => cancel.current?.abort()} />}
      {isCancelled && <Text role="status">{texts.interrupted}</Text>}
      {install.error && !isCancelled && <FailureAlert error={install.error} texts={texts} />}
      {install.isSuccess && <Text role="status">{texts.installed}</Text>}
    </Stack>
  );
}
