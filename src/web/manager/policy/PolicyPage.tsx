import { Alert, Button, Grid, List, Stack, Text, Textarea } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useParams } from 'react-router';
import type { PolicyAnswer } from '../../../api/manager/policy.ts';
import type { AsJson } from '../../../lib/json.ts';
import { FailureAlert } from '../../ui/FailureAlert.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { useSaid } from '../../ui/texts/said.ts';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { ui } from '../../ui/texts/texts-ui.ts';
import { ActionBar } from '../frame/ActionBar.tsx';
import { LeaveGuard } from '../frame/LeaveGuard.tsx';
import { Part } from '../frame/Part.tsx';
import { SavedText } from '../frame/SavedText.tsx';
import { StaleAlert } from '../frame/StaleAlert.tsx';
import { useHeld } from '../frame/use-held.ts';
import { ask } from '../process.ts';
import { frame } from '../texts/frame.ts';
import { policy as catalogue } from '../texts/policy.ts';
import { PolicyPanes } from './PolicyPanes.tsx';

/** The policy editor: a pane a policy, and the file beside them; each shows at once what is said in the other. */
export function PolicyPage() {
  const { vm = '' } = useParams();
  const texts = useCatalogue(catalogue);
  const query = useQuery({ queryKey: ['policy', vm], queryFn: ({ signal }) => ask('policy', { vm, signal }) });
  return (
    <Part title={texts.title(vm)}>
      <Loaded query={query} texts={useCatalogue(frame)}>
        {(answer) => <Editor key={vm} vm={vm} answer={answer} />}
      </Loaded>
    </Part>
  );
}

interface Draft {
  text: string;
  isTyped: boolean;
}

function Editor({ vm, answer }: { vm: string; answer: AsJson<PolicyAnswer> }) {
  const texts = useCatalogue(catalogue);
  const frameTexts = useCatalogue(frame);
  const { nothingChanged } = useCatalogue(ui);
  const said = useSaid();
  const queries = useQueryClient();
  /** The file’s text after each change, the newest last; empty while nothing is changed. */
  const [drafts, setDrafts] = useState<readonly Draft[]>([]);
  const draft = drafts.at(-1)?.text;
  const { answer: held, isStale, takeOver } = useHeld(answer, draft !== undefined);
  const text = draft ?? held.text;
  const read = useQuery({
    queryKey: ['read-policy', text],
    queryFn: ({ signal }) => ask('readPolicy', { body: { text }, signal }),
    enabled: draft !== undefined,
    placeholderData: (before) => before,
  });
  const { policy, problems } = draft === undefined ? held : (read.data ?? held);
  const write = useMutation({
    mutationFn: (wanted: NonNullable<typeof policy>) => ask('writePolicy', { body: { text, policy: wanted } }),
    // Who has typed meanwhile goes on with that.
    onSuccess: (written) =>
      setDrafts((now) =>
        (now.at(-1)?.text ?? held.text) === text ? [...now, { text: written.text, isTyped: false }] : now,
      ),
  });
  const save = useMutation({
    mutationFn: () => ask('savePolicy', { vm, body: { seen: held.seen, text } }),
    onSuccess: async () => {
      await queries.invalidateQueries();
      setDrafts([]);
    },
  });
  const type = (next: string) => {
    save.reset();
    // What is typed in one go is taken back in one go.
    const before = drafts.at(-1)?.isTyped ? drafts.slice(0, -1) : drafts;
    setDrafts([...before, { text: next, isTyped: true }]);
  };
  const failure = save.error ?? write.error;
  const isChanged = draft !== undefined;
  return (
    <Stack>
      <LeaveGuard isDirty={isChanged && !save.isPending} stays={`/machines/${vm}/policy`} />
      {isStale && !save.isPending && <StaleAlert onTakeOver={takeOver} />}
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, md: 6 }}>
          {policy ? (
            <PolicyPanes vm={vm} policy={policy} onPolicy={write.mutate} />
          ) : (
            <Text size="sm">{texts.formWaits}</Text>
          )}
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 6 }}>
          <Stack gap="xs">
            <Textarea
              label={texts.yaml}
              description={texts.yamlHelp}
              value={text}
              // What is wrong with it is to stand in sight below it.
              rows={problems.length > 0 ? 12 : 18}
              spellCheck={false}
              styles={{
                input: { fontFamily: 'var(--mantine-font-family-monospace)', whiteSpace: 'pre', overflowX: 'auto' },
              }}
              onChange={({ target }) => type(target.value)}
            />
            {problems.length > 0 && (
              <Alert color="red" role="alert" title={texts.problems}>
                <List size="sm">
                  {problems.map(({ field, message }) => (
                    <List.Item key={`${field} ${message}`}>{`${field} ${said.field(message)}`}</List.Item>
                  ))}
                </List>
              </Alert>
            )}
          </Stack>
        </Grid.Col>
      </Grid>
      {failure && <FailureAlert error={failure} texts={frameTexts} />}
      <ActionBar>
        <Button disabled={!isChanged || problems.length > 0} loading={save.isPending} onClick={() => save.mutate()}>
          {texts.save}
        </Button>
        <Button variant="default" disabled={!isChanged} onClick={() => setDrafts(drafts.slice(0, -1))}>
          {texts.undo}
        </Button>
        <Button variant="default" disabled={!isChanged} onClick={() => setDrafts([])}>
          {texts.discard}
        </Button>
        {!isChanged && !save.isSuccess && <Text size="sm">{nothingChanged}</Text>}
        {isChanged && problems.length > 0 && <Text size="sm">{texts.problemsFirst}</Text>}
        {save.isSuccess && !isChanged && (
          <SavedText text={`${texts.saved} ${save.data.inForce}`} toDeploy={texts.toDeploy} />
        )}
      </ActionBar>
    </Stack>
  );
}
