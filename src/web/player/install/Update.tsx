import { Button, Group, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { lazy, Suspense, useRef, useState } from 'react';
import type { HostRules, ProgressAnswer, UpdateRequest } from '../../../api/install.ts';
import type { AsJson } from '../../../lib/json.ts';
import { AskFailure } from '../../ui/ask.ts';
import { FailureAlert } from '../../ui/FailureAlert.tsx';
import { useSaid } from '../../ui/texts/said.ts';
import { askGoingOn } from '../service.ts';
import { useTexts } from '../texts/use-texts.ts';
import { InstallProgress } from './InstallProgress.tsx';
import { isAboutSecret } from './package-question.ts';

/** Fetched when there are rules to be read: it knows the lists of host policies. */
const RulesText = lazy(() => import('./RulesText.tsx').then((module) => ({ default: module.RulesText })));

/** Fetched when a package is encrypted. */
const PackageSecret = lazy(() => import('./PackageSecret.tsx').then((module) => ({ default: module.PackageSecret })));

const ASKED: UpdateRequest = { full: false, replace: false, keepOld: false };

/** Installs what the project’s address has, for one machine where that is said. What the user has to agree to is asked on the way. */
export function Update({ vm }: { vm?: string }) {
  const texts = useTexts();
  const said = useSaid();
  const [progress, setProgress] = useState<ProgressAnswer>();
  const cancel = useRef<AbortController>(null);
  const update = useMutation({
    mutationFn: (body: UpdateRequest) => {
      cancel.current = new AbortController();
      return askGoingOn('update', { body, signal: cancel.current.signal }, setProgress);
    },
    onSettled: () => setProgress(undefined),
  });
  const asked = vm === undefined ? ASKED : { ...ASKED, vm };
  const { data, error, isPending, variables = asked } = update;
  const question = questionIn(error, variables, said);
  const isCancelled = error?.name === 'AbortError';
  const names = data?.map((installed) => installed.package);
  if (isPending) return <InstallProgress progress={progress} onCancel={() => cancel.current?.abort()} />;
  return (
    <Stack align="flex-start" maw={640}>
      <Button variant="default" onClick={() => update.mutate(asked)}>
        {vm === undefined ? texts.update : texts.updateIt}
      </Button>
      {names && <Text role="status">{names.length > 0 ? texts.updated(names.join(', ')) : texts.updatedNone}</Text>}
      {isCancelled && <Text role="status">{texts.interrupted}</Text>}
      {question && (
        <Stack role="alert" gap="xs">
          {question.rules ? (
            <Suspense fallback={null}>
              <RulesText policy={question.rules} />
            </Suspense>
          ) : (
            <Text>{question.text}</Text>
          )}
          <Group>
            <Button onClick={() => update.mutate({ ...variables, ...question.agreed })}>
              {question.rules ? texts.consent : texts.confirm}
            </Button>
            <Button variant="default" onClick={() => update.reset()}>
              {texts.cancel}
            </Button>
          </Group>
        </Stack>
      )}
      {isAboutSecret(error) && (
        <Suspense fallback={null}>
          <PackageSecret
            error={error}
            isPending={isPending}
            onSecret={(secret) => update.mutate({ ...variables, secret })}
            onClose={() => update.reset()}
          />
        </Suspense>
      )}
      {error && !question && !isCancelled && !isAboutSecret(error) && <FailureAlert error={error} texts={texts} />}
    </Stack>
  );
}

interface Question {
  text: string;
  /** The rules for the computer itself that are to be consented to. */
  rules?: AsJson<HostRules>['policy'];
  /** What is asked again with, once the user agrees. */
  agreed: Partial<UpdateRequest>;
}

/** The question that a failure is, where it was not answered already. */
function questionIn(error: Error | null, given: UpdateRequest, said: ReturnType<typeof useSaid>): Question | undefined {
  if (!(error instanceof AskFailure)) return undefined;
  const { code, details } = error;
  const { text } = said.failure(error);
  if (code === 'INSTALL_CONFIRM' && !given.replace) return { text, agreed: { replace: true } };
  if (code === 'UPDATE_FULL' && !given.full) return { text, agreed: { full: true } };
  if (code !== 'HOST_CONFIRM') return undefined;
  const { digest, policy } = details as unknown as AsJson<HostRules>;
  if (given.consentTo === digest) return undefined;
  return { text, rules: policy, agreed: { consentTo: digest } };
}
