import { Checkbox, NumberInput, SegmentedControl, Stack, Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import { PASSWORD_CLASS_NAMES } from '../../../policy/authentication.ts';
import { useCatalogue } from '../../ui/texts.ts';
import { policy as catalogue } from '../texts/policy.ts';
import type { Pane } from './PolicyPanes.tsx';

/** Whether a machine is opened with a password, and what that has to be like. */
export function AuthenticationPane({ policy, onPolicy }: Pane) {
  const texts = useCatalogue(catalogue);
  const { authentication = { type: 'none' as const }, ...others } = policy;
  if (authentication.type !== 'none' && authentication.type !== 'password')
    return <Text size="sm">{texts.notEnforced}</Text>;
  return (
    <Stack gap="xs" align="flex-start">
      <SegmentedControl
        aria-label={texts.names.authentication}
        value={authentication.type}
        data={[
          { value: 'none', label: texts.opensToAll },
          { value: 'password', label: texts.opensByPassword },
        ]}
        onChange={(type) =>
          onPolicy(type === 'password' ? { ...others, authentication: { type: 'password', contents: [] } } : others)
        }
      />
      {authentication.type === 'password' && (
        <>
          <MinimumLength
            present={authentication.minimumLength}
            onTaken={(length) => {
              const { minimumLength: _before, ...rules } = authentication;
              const minimum = length === undefined ? {} : { minimumLength: length };
              onPolicy({ ...others, authentication: { ...rules, ...minimum } });
            }}
          />
          <Checkbox.Group
            label={texts.contents}
            value={authentication.contents ?? []}
            onChange={(chosen) => {
              const contents = PASSWORD_CLASS_NAMES.filter((name) => chosen.includes(name));
              onPolicy({ ...others, authentication: { ...authentication, contents } });
            }}
          >
            <Stack gap={4} mt={4}>
              {PASSWORD_CLASS_NAMES.map((name) => (
                <Checkbox key={name} value={name} label={texts.classes[name]} />
              ))}
            </Stack>
          </Checkbox.Group>
        </>
      )}
    </Stack>
  );
}

interface MinimumLengthProps {
  present: number | undefined;
  onTaken: (length: number | undefined) => void;
}

/** It is taken when it is complete: the 1 of 12 would be a wrong policy. */
function MinimumLength({ present, onTaken }: MinimumLengthProps) {
  const texts = useCatalogue(catalogue);
  const [typed, setTyped] = useState<number | string>(present ?? '');
  useEffect(() => setTyped(present ?? ''), [present]);
  const take = () => {
    const length = typeof typed === 'number' && typed >= 1 ? typed : undefined;
    if (length !== present) onTaken(length);
  };
  return (
    <NumberInput
      label={texts.minimumLength}
      min={1}
      max={128}
      allowDecimal={false}
      clampBehavior="strict"
      value={typed}
      onChange={setTyped}
      onBlur={take}
      onKeyDown={({ key }) => key === 'Enter' && take()}
    />
  );
}
