import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { passphraseProblem } from '../../../lib/passphrase.ts';
import { FailureAlert } from '../../ui/FailureAlert.tsx';
import { StillMissing } from '../../ui/StillMissing.tsx';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { Part } from '../Part.tsx';
import { ask } from '../process.ts';
import { Secret } from '../tasks/Secret.tsx';
import { frame } from '../texts/frame.ts';
import { newProject } from '../texts/new-project.ts';
import { settings } from '../texts/settings.ts';

const EMPTY = { name: '', policyServer: '', packageServer: '', passphrase: '', again: '' };
type Fields = typeof EMPTY;

/** What stands where there is no project: the way to make one, or `missing` where it cannot be made. */
export function NewProject({ missing }: { missing: unknown }) {
  const texts = useCatalogue(newProject);
  const frameTexts = useCatalogue(frame);
  const room = useQuery({ queryKey: ['room'], queryFn: ({ signal }) => ask('room', { signal }) });
  if (room.error) return <FailureAlert error={missing} texts={frameTexts} />;
  if (!room.data) return null;
  return (
    <Part title={texts.title}>
      <Form folder={room.data.folder} />
    </Part>
  );
}

function Form({ folder }: { folder: string }) {
  const texts = useCatalogue(newProject);
  const its = useCatalogue(settings);
  const frameTexts = useCatalogue(frame);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [fields, setFields] = useState(EMPTY);
  const set = (change: Partial<Fields>) => setFields({ ...fields, ...change });
  const make = useMutation({
    mutationFn: () => ask('newProject', { body: requestOf(fields) }),
    onSuccess: async () => {
      await navigate('/');
      await queries.invalidateQueries();
    },
  });
  const missing = missingOf(fields).map((field) => texts[field]);
  const isDifferent = fields.again !== '' && fields.passphrase !== fields.again;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        make.mutate();
      }}
    >
      <Stack maw={640}>
        <Text>{texts.none(folder)}</Text>
        <TextInput
          label={texts.name}
          description={texts.nameHelp}
          value={fields.name}
          maxLength={100}
          onChange={({ target }) => set({ name: target.value })}
        />
        {(['policyServer', 'packageServer'] as const).map((server) => (
          <TextInput
            key={server}
            label={its[server]}
            description={its[`${server}Help`]}
            value={fields[server]}
            spellCheck={false}
            onChange={({ target }) => set({ [server]: target.value })}
          />
        ))}
        <Secret label={texts.passphrase} value={fields.passphrase} onChange={(passphrase) => set({ passphrase })} />
        <Secret label={texts.again} value={fields.again} onChange={(again) => set({ again })} />
        <Text size="sm">{texts.passphraseHelp}</Text>
        {isDifferent && (
          <Text size="sm" c="red" role="alert">
            {texts.differ}
          </Text>
        )}
        <Text size="sm">{texts.keys(folder)}</Text>
        {make.error && <FailureAlert error={make.error} texts={frameTexts} />}
        <Group>
          <Button
            type="submit"
            loading={make.isPending}
            disabled={missing.length > 0}
            aria-describedby="project-missing"
          >
            {texts.make}
          </Button>
          <StillMissing id="project-missing" fields={missing} />
        </Group>
      </Stack>
    </form>
  );
}

/** What is not there yet, or is not as it has to be. */
function missingOf({ name, passphrase, again }: Fields): ('name' | 'passphrase' | 'again')[] {
  return [
    ...(name.trim() === '' ? (['name'] as const) : []),
    ...(passphraseProblem(passphrase) === undefined ? [] : (['passphrase'] as const)),
    ...(passphrase === again ? [] : (['again'] as const)),
  ];
}

function requestOf({ name, policyServer, packageServer, passphrase }: Fields) {
  const servers = { policyServer: policyServer.trim(), packageServer: packageServer.trim() };
  return {
    ...{ name: name.trim(), passphrase },
    ...(servers.policyServer === '' ? {} : { policyServer: servers.policyServer }),
    ...(servers.packageServer === '' ? {} : { packageServer: servers.packageServer }),
  };
}
