import { Select, Stack, TagsInput, Text } from '@mantine/core';
import { useState } from 'react';
import { DeviceRule } from '../../../policy/devices.ts';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { useProject } from '../process.ts';
import { policy as catalogue } from '../texts/policy.ts';
import type { Pane } from './PolicyPanes.tsx';
import { TypedText } from './TypedText.tsx';

/** A rule as it is written: what is left out is as the schema says. */
type Written = NonNullable<Pane['policy']['devices']>[string];
type RuleType = DeviceRule['type'];
const TYPES: readonly RuleType[] = ['nobody', 'everybody', 'users-and-groups', 'script'];

/** Who may connect each of the devices that the machine has (fact 34). */
export function DevicesPane({ vm, policy, onPolicy }: Pane) {
  const texts = useCatalogue(catalogue).devices;
  const { data } = useProject();
  const { devices: rules = {}, ...others } = policy;
  const had = data?.machines.find(({ name }) => name === vm)?.sound?.devices ?? [];
  const names = [...new Set([...had, ...Object.keys(rules)])].sort();
  const take = (name: string, rule: Written) => {
    const { [name]: _before, ...rest } = rules;
    const changed = rule.type === 'nobody' ? rest : { ...rest, [name]: rule };
    onPolicy(Object.keys(changed).length > 0 ? { ...others, devices: changed } : others);
  };
  return (
    <Stack gap="xs">
      <Text size="sm">{names.length === 0 ? texts.none : texts.help}</Text>
      {names.map((name) => (
        <Rule
          key={name}
          name={had.includes(name) ? name : `${name} ${texts.notThere}`}
          rule={Object.hasOwn(rules, name) ? rules[name] : undefined}
          onRule={(rule) => take(name, rule)}
        />
      ))}
    </Stack>
  );
}

interface RuleProps {
  name: string;
  rule: Written | undefined;
  onRule: (rule: Written) => void;
}

function Rule({ name, rule = { type: 'nobody' }, onRule }: RuleProps) {
  const texts = useCatalogue(catalogue);
  // A script is part of the policy once its file is named.
  const [isNaming, setNaming] = useState(false);
  const type = isNaming ? 'script' : rule.type;
  const choose = (wanted: RuleType) => {
    setNaming(wanted === 'script' && rule.type !== 'script');
    if (wanted === 'users-and-groups') onRule({ type: wanted, users: [], groups: [] });
    else if (wanted !== 'script') onRule({ type: wanted });
  };
  const nameScript = (file: string) => {
    const read = DeviceRule.safeParse({ ...(rule.type === 'script' ? rule : { type: 'script' }), file });
    if (!read.success) return;
    setNaming(false);
    onRule(read.data);
  };
  return (
    <Stack gap={4}>
      <Select
        label={name}
        value={type}
        data={TYPES.map((value) => ({ value, label: texts.devices.may[value] }))}
        allowDeselect={false}
        onChange={(value) => value !== null && value !== rule.type && choose(value)}
      />
      {rule.type === 'users-and-groups' && !isNaming && (
        <>
          <TagsInput
            label={texts.users}
            value={rule.users ?? []}
            onChange={(users) => onRule({ ...rule, users })}
            acceptValueOnBlur
          />
          <TagsInput
            label={texts.groups}
            value={rule.groups ?? []}
            onChange={(groups) => onRule({ ...rule, groups })}
            acceptValueOnBlur
          />
        </>
      )}
      {type === 'script' && (
        <TypedText
          label={texts.script.file}
          description={texts.devices.scriptHelp}
          present={rule.type === 'script' ? rule.file : ''}
          onText={nameScript}
        />
      )}
    </Stack>
  );
}
