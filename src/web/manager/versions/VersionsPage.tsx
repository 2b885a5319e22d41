import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useParams } from 'react-router';
import type { QuarantineAnswer } from '../../../api/manager/quarantine.ts';
import type { VersionQuarantine } from '../../../policy/quarantine.ts';
import { isDrafted, NO_DRAFT, type VersionDraft, withDraft } from '../../../quarantine/edit/version-draft.ts';
import { FailureAlert } from '../../ui/FailureAlert.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { LeaveGuard } from '../frame/LeaveGuard.tsx';
import { Part } from '../frame/Part.tsx';
import { SavedText } from '../frame/SavedText.tsx';
import { StaleAlert } from '../frame/StaleAlert.tsx';
import { useHeld } from '../frame/use-held.ts';
import { ask, useQuarantine } from '../process.ts';
import { frame } from '../texts/frame.ts';
import { versions } from '../texts/versions.ts';
import { draftBody } from '../wizard/wizard-state.ts';
import { ManageVersions } from './ManageVersions.tsx';

/** A machine’s versions on a page of their own: what is changed is saved together. */
export function VersionsPage() {
  const { vm = '' } = useParams();
  const texts = useCatalogue(versions);
  const frameTexts = useCatalogue(frame);
  return (
    <Part title={texts.of(vm)}>
      <Loaded query={useQuarantine(vm)} texts={frameTexts}>
        {(answer) =>
          answer.quarantine.type === 'version-based' ? (
            <Edited key={vm} vm={vm} answer={{ ...answer, quarantine: answer.quarantine }} />
          ) : (
            <Text>{texts.notVersioned}</Text>
          )
        }
      </Loaded>
    </Part>
  );
}

function Edited({ vm, answer }: { vm: string; answer: QuarantineAnswer & { quarantine: VersionQuarantine } }) {
  const texts = useCatalogue(versions);
  const frameTexts = useCatalogue(frame);
  const queries = useQueryClient();
  const [draft, setDraft] = useState<VersionDraft>(NO_DRAFT);
  const [isGone, setGone] = useState(false);
  const isChanging = isDrafted(draft);
  const { answer: held, isStale, takeOver } = useHeld(answer, isChanging);
  const save = useMutation({
    mutationFn: () => ask('versions', { vm, body: { seen: held.seen, draft: draftBody(draft) } }),
    onSuccess: async () => {
      await queries.invalidateQueries();
      setDraft(NO_DRAFT);
    },
  });
  const change = (next: VersionDraft) => {
    save.reset();
    setGone(false);
    setDraft(next);
  };
  return (
    <Stack>
      <LeaveGuard isDirty={isChanging && !save.isPending} stays={`/machines/${vm}/versions`} />
      {isGone && <Alert color="yellow">{texts.gone}</Alert>}
      {isStale && !save.isPending && (
        <StaleAlert
          onTakeOver={() => {
            save.reset();
            const isFitting = fits(answer.quarantine, draft);
            setGone(!isFitting);
            if (!isFitting) setDraft(NO_DRAFT);
            takeOver();
          }}
        />
      )}
      <ManageVersions before={held.quarantine} draft={draft} reported={answer.reported} onDraft={change} />
      {save.error && <FailureAlert error={save.error} texts={frameTexts} />}
      <Group>
        <Button disabled={!isChanging} loading={save.isPending} onClick={() => save.mutate()}>
          {texts.save}
        </Button>
        <Button variant="default" disabled={!isChanging} onClick={() => change(NO_DRAFT)}>
          {texts.discard}
        </Button>
        {save.isSuccess && <SavedText text={`${texts.saved} ${save.data.inForce}`} toDeploy={texts.toDeploy} />}
      </Group>
    </Stack>
  );
}

function fits(quarantine: VersionQuarantine, draft: VersionDraft): boolean {
  try {
    withDraft(quarantine, draft, 0);
    return true;
  } catch {
    return false;
  }
}
