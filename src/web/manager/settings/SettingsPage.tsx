import { Anchor, Button, Group, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import type { SettingsAnswer } from '../../../api/manager/settings.ts';
import { FailureAlert } from '../../ui/FailureAlert.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { LeaveGuard } from '../frame/LeaveGuard.tsx';
import { Part } from '../frame/Part.tsx';
import { StaleAlert } from '../frame/StaleAlert.tsx';
import { useHeld } from '../frame/use-held.ts';
import { ask } from '../process.ts';
import { frame } from '../texts/frame.ts';
import { settings } from '../texts/settings.ts';

/** The project’s own settings, as `lazaret-manager project set` has them. */
export function SettingsPage() {
  const query = useQuery({ queryKey: ['settings'], queryFn: ({ signal }) => ask('settings', { signal }) });
  return (
    <Part title={useCatalogue(settings).title}>
      <Loaded query={query} texts={useCatalogue(frame)}>
        {(answer) => <Form answer={answer} />}
      </Loaded>
    </Part>
  );
}

type Fields = Omit<SettingsAnswer, 'seen'>;

function Form({ answer }: { answer: SettingsAnswer }) {
  const texts = useCatalogue(settings);
  const frameTexts = useCatalogue(frame);
  const queries = useQueryClient();
  /** The fields that were changed. */
  const [draft, setDraft] = useState<Partial<Fields>>({});
  const isChanged = Object.keys(draft).length > 0;
  const { answer: held, isStale, takeOver } = useHeld(answer, isChanged);
  const { seen, ...before } = held;
  const fields = { ...before, ...draft };
  const save = useMutation({
    // Certificates that nobody sees any more go with their domain.
    mutationFn: () =>
      ask('saveSettings', { body: { seen, ...fields, ...(fields.domain === '' ? { domainCa: '' } : {}) } }),
    onSuccess: async () => {
      await queries.invalidateQueries();
      setDraft({});
    },
  });
  const input = (name: keyof Fields, description: string) => ({
    label: texts[name],
    description,
    value: fields[name],
    onChange: ({ target }: { target: HTMLInputElement | HTMLTextAreaElement }) => {
      save.reset();
      setDraft(withField(draft, before, name, target.value));
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <LeaveGuard isDirty={isChanged && !save.isPending} stays="/settings" />
      <Stack maw={640}>
        {isStale && !save.isPending && <StaleAlert text={texts.changedMeanwhile} onTakeOver={takeOver} />}
        <TextInput {...input('name', texts.nameHelp)} required withAsterisk={false} maxLength={100} />
        <TextInput {...input('policyServer', texts.policyServerHelp)} spellCheck={false} />
        <TextInput {...input('packageServer', texts.packageServerHelp)} spellCheck={false} />
        <TextInput {...input('domain', texts.domainHelp)} spellCheck={false} placeholder="ldaps://HOST/DC=…" />
        {fields.domain !== '' && (
          <Textarea {...input('domainCa', texts.domainCaHelp)} spellCheck={false} autosize minRows={2} maxRows={8} />
        )}
        {save.error && <FailureAlert error={save.error} texts={frameTexts} />}
        <Group>
          <Button type="submit" disabled={!isChanged} loading={save.isPending}>
            {texts.save}
          </Button>
          <Button variant="default" disabled={!isChanged} onClick={() => setDraft({})}>
            {texts.discard}
          </Button>
        </Group>
        <Text size="sm" role="status">
          {save.isSuccess && !isChanged ? (
            <>
              {texts.saved}{' '}
              <Anchor component={Link} to="/packages" size="sm" underline="always">
                {texts.toPackages}
              </Anchor>
            </>
          ) : (
            texts.holds
          )}
        </Text>
      </Stack>
    </form>
  );
}

/** What is typed back to how it was is no change. */
function withField(draft: Partial<Fields>, before: Fields, name: keyof Fields, value: string): Partial<Fields> {
  const { [name]: _, ...others } = draft;
  return value === before[name] ? others : { ...others, [name]: value };
}
