import { Stack, TagsInput, Text, TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';
import { Authentication, type UsersAndGroups } from '../../../policy/authentication.ts';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { policy as catalogue } from '../texts/policy.ts';

interface AccountListProps {
  list: UsersAndGroups;
  onList: (list: UsersAndGroups) => void;
}

/** Who of the project’s domain opens a machine, and how long without it. */
export function AccountList({ list, onList }: AccountListProps) {
  const texts = useCatalogue(catalogue);
  const { users, groups } = list;
  const take = (change: Partial<UsersAndGroups>) => {
    const changed = { ...list, ...change };
    if (isValid(changed)) onList(changed);
  };
  return (
    <Stack gap="xs" w="100%">
      <Text size="sm">{texts.accountsHelp}</Text>
      <TagsInput label={texts.users} value={users} onChange={(chosen) => take({ users: chosen })} acceptValueOnBlur />
      <TagsInput
        label={texts.groups}
        value={groups}
        onChange={(chosen) => take({ groups: chosen })}
        acceptValueOnBlur
      />
      {users.length + groups.length === 0 && <Text size="sm">{texts.nobodyListed}</Text>}
      <Offline
        present={list.offline ?? ''}
        onTaken={(offline) => {
          const { offline: _before, ...others } = list;
          onList(offline === '' ? others : { ...others, offline });
        }}
      />
    </Stack>
  );
}

/** A duration is taken when it is complete: half of one would be a wrong policy. */
function Offline({ present, onTaken }: { present: string; onTaken: (offline: string) => void }) {
  const texts = useCatalogue(catalogue);
  const [typed, setTyped] = useState(present);
  useEffect(() => setTyped(present), [present]);
  const wanted = typed.trim();
  const isRight = wanted === '' || isValid({ type: 'users-and-groups', users: [], groups: [], offline: wanted });
  const take = () => {
    if (isRight && wanted !== present) onTaken(wanted);
  };
  return (
    <TextInput
      label={texts.offline}
      description={texts.offlineHelp}
      value={typed}
      error={!isRight}
      onChange={({ target }) => setTyped(target.value)}
      onBlur={take}
      onKeyDown={({ key }) => key === 'Enter' && take()}
    />
  );
}

function isValid(list: UsersAndGroups): boolean {
  return Authentication.safeParse(list).success;
}
