import { Alert, Button, Checkbox, Group, Radio, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { HotFixesAnswer } from '../../../api/manager/hot-fixes.ts';
import { HOT_FIX_PROBLEMS, type HotFixProblem } from '../../../policy/hot-fixes.ts';
import { FailureAlert } from '../../ui/FailureAlert.tsx';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { ui } from '../../ui/texts/texts-ui.ts';
import { LeaveGuard } from '../frame/LeaveGuard.tsx';
import { StaleAlert } from '../frame/StaleAlert.tsx';
import { useHeld } from '../frame/use-held.ts';
import { ask } from '../process.ts';
import { frame } from '../texts/frame.ts';
import { hotFixes as catalogue } from '../texts/hot-fixes.ts';

/** The project’s policy of hot fixes, as `lazaret-manager policy hot-fixes` has it. */
export function OfferForm({ answer }: { answer: HotFixesAnswer }) {
  const texts = useCatalogue(catalogue);
  const frameTexts = useCatalogue(frame);
  const { nothingChanged } = useCatalogue(ui);
  const queries = useQueryClient();
  const [draft, setDraft] = useState<Fields>();
  const { answer: held, isStale, takeOver } = useHeld(answer, draft !== undefined);
  const fields = draft ?? fieldsOf(held);
  const save = useMutation({
    mutationFn: () => ask('offerHotFixes', { body: { seen: held.seen, ...offerOf(fields) } }),
    onSuccess: async () => {
      await queries.invalidateQueries();
      setDraft(undefined);
    },
  });
  const change = (changed: Partial<Fields>) => {
    save.reset();
    setDraft({ ...fields, ...changed });
  };
  const text = (name: 'email' | 'subject' | 'telephone') => ({
    label: texts[name],
    value: fields[name],
    onChange: ({ target }: { target: HTMLInputElement }) => change({ [name]: target.value }),
  });
  if (!answer.hasKey)
    return (
      <Alert color="yellow" variant="light">
        {texts.noKey}
      </Alert>
    );
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <LeaveGuard isDirty={draft !== undefined && !save.isPending} stays="/hot-fixes" />
      <Stack maw={640} gap="sm">
        {isStale && !save.isPending && <StaleAlert text={texts.changedMeanwhile} onTakeOver={takeOver} />}
        <Checkbox.Group
          label={texts.forProblems}
          description={texts.offerHelp}
          value={[...fields.problems]}
          onChange={(chosen) => change({ problems: HOT_FIX_PROBLEMS.filter((problem) => chosen.includes(problem)) })}
        >
          <Stack gap={4} mt={4}>
            {HOT_FIX_PROBLEMS.map((problem) => (
              <Checkbox key={problem} value={problem} label={texts.problems[problem]} />
            ))}
          </Stack>
        </Checkbox.Group>
        <Radio.Group
          label={texts.askedBy}
          value={fields.askedBy}
          onChange={(chosen) => change({ askedBy: chosen === 'root' ? 'root' : 'users' })}
        >
          <Stack gap={4} mt={4}>
            <Radio value="users" label={texts.asked.users} />
            <Radio value="root" label={texts.asked.root} />
          </Stack>
        </Radio.Group>
        <TextInput {...text('email')} type="email" maxLength={254} />
        <TextInput {...text('subject')} maxLength={200} />
        <TextInput {...text('telephone')} maxLength={100} />
        <Textarea
          label={texts.instructions}
          autosize
          maxRows={6}
          maxLength={2000}
          value={fields.instructions}
          onChange={({ target }) => change({ instructions: target.value })}
        />
        {save.error && <FailureAlert error={save.error} texts={frameTexts} />}
        <Group>
          <Button type="submit" disabled={draft === undefined} loading={save.isPending}>
            {texts.keep}
          </Button>
          <Button variant="default" disabled={draft === undefined} onClick={() => setDraft(undefined)}>
            {texts.discard}
          </Button>
        </Group>
        <Text size="sm" role="status">
          {draft === undefined && (save.isSuccess ? texts.saved : nothingChanged)}
        </Text>
      </Stack>
    </form>
  );
}

interface Fields {
  problems: readonly HotFixProblem[];
  askedBy: 'users' | 'root';
  email: string;
  subject: string;
  telephone: string;
  instructions: string;
}

function fieldsOf({ offer }: HotFixesAnswer): Fields {
  return { problems: [], askedBy: 'users', email: '', subject: '', telephone: '', instructions: '', ...offer };
}

/** No problem, no hot fixes; what is empty is not there. */
function offerOf({ problems, askedBy, ...texts }: Fields) {
  if (problems.length === 0) return {};
  const given = Object.fromEntries(Object.entries(texts).filter(([, value]) => value !== ''));
  return { offer: { problems: [...problems], askedBy, ...given } };
}
