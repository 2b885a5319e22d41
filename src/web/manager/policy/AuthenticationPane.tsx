import { Checkbox, SegmentedControl, Stack } from '@mantine/core';
import { useState } from 'react';
import { type Authentication, PASSWORD_CLASS_NAMES, type PasswordRules } from '../../../policy/authentication.ts';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { policy as catalogue } from '../texts/policy.ts';
import { AccountList } from './AccountList.tsx';
import type { Pane } from './PolicyPanes.tsx';
import { ScriptFields } from './ScriptFields.tsx';
import { TypedNumber } from './TypedNumber.tsx';

/** What opens a machine, and what that has to be like. */
export function AuthenticationPane({ policy, onPolicy }: Pane) {
  const texts = useCatalogue(catalogue);
  const { authentication = { type: 'none' as const }, ...others } = policy;
  // A script is part of the policy once its file is named.
  const [isNaming, setNaming] = useState(false);
  const type = isNaming ? 'script' : authentication.type;
  const take = (wanted: Authentication) => {
    setNaming(false);
    onPolicy(wanted.type === 'none' ? others : { ...others, authentication: wanted });
  };
  const choose = (wanted: string) => {
    if (wanted === 'none') take({ type: 'none' });
    if (wanted === 'password') take({ type: 'password', contents: [] });
    if (wanted === 'users-and-groups') take({ type: 'users-and-groups', users: [], groups: [] });
    if (wanted === 'script') setNaming(authentication.type !== 'script');
  };
  return (
    <Stack gap="xs" align="flex-start">
      <SegmentedControl
        aria-label={texts.names.authentication}
        value={type}
        data={[
          { value: 'none', label: texts.opensToAll },
          { value: 'password', label: texts.opensByPassword },
          { value: 'users-and-groups', label: texts.opensByAccount },
          { value: 'script', label: texts.opensByScript },
        ]}
        onChange={choose}
      />
      {type === 'users-and-groups' && authentication.type === 'users-and-groups' && (
        <AccountList list={authentication} onList={take} />
      )}
      {type === 'script' && (
        <ScriptFields script={authentication.type === 'script' ? authentication : {}} onScript={take} />
      )}
      {type === 'password' && authentication.type === 'password' && (
        <PasswordFields rules={authentication} onRules={take} />
      )}
    </Stack>
  );
}

interface PasswordFieldsProps {
  rules: WrittenRules;
  onRules: (rules: Authentication) => void;
}

/** As they are written: without classes none has to occur. */
type WrittenRules = Omit<PasswordRules, 'contents'> & Partial<PasswordRules>;

function PasswordFields({ rules: { minimumLength, contents = [] }, onRules }: PasswordFieldsProps) {
  const texts = useCatalogue(catalogue);
  const take = (length: number | undefined, classes: PasswordRules['contents']) =>
    onRules({ type: 'password', ...(length === undefined ? {} : { minimumLength: length }), contents: classes });
  return (
    <>
      <TypedNumber
        label={texts.minimumLength}
        max={128}
        present={minimumLength}
        onNumber={(length) => take(length, contents)}
      />
      <Checkbox.Group
        label={texts.contents}
        value={contents}
        onChange={(chosen) =>
          take(
            minimumLength,
            PASSWORD_CLASS_NAMES.filter((name) => chosen.includes(name)),
          )
        }
      >
        <Stack gap={4} mt={4}>
          {PASSWORD_CLASS_NAMES.map((name) => (
            <Checkbox key={name} value={name} label={texts.classes[name]} />
          ))}
        </Stack>
      </Checkbox.Group>
    </>
  );
}
