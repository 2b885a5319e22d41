import { Anchor, Badge, Button, Card, Group, Radio, Stack, Switch, Text, TextInput, Title } from '@mantine/core';
import { type ReactNode, useEffect, useState } from 'react';
import { Link } from 'react-router';
import type { AsJson } from '../../../lib/json.ts';
import { policyChanges } from '../../../policy/reading/changes.ts';
import type { MachinePolicy } from '../../../policy/schema.ts';
import { POLICIES, POLICY_NAMES, type PolicyName } from '../../../policy/table.ts';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { frame } from '../texts/frame.ts';
import { hotFixes } from '../texts/hot-fixes.ts';
import { policy as catalogue } from '../texts/policy.ts';
import { project } from '../texts/project.ts';
import { AdministratorAccessPane } from './AdministratorAccessPane.tsx';
import { AuthenticationPane } from './AuthenticationPane.tsx';
import { ClipboardPane } from './ClipboardPane.tsx';
import { DevicesPane } from './DevicesPane.tsx';
import { EncryptionPane } from './EncryptionPane.tsx';
import { ExpirationPane } from './ExpirationPane.tsx';
import { FilesPane } from './FilesPane.tsx';
import { SharedFolderPane } from './SharedFolderPane.tsx';
import { SnapshotsPane } from './SnapshotsPane.tsx';

/** A policy as it is written: the entries of its lists are text. */
type WrittenPolicy = AsJson<MachinePolicy>;

const DEFAULTS: WrittenPolicy = { format: 1, quarantine: { type: 'none' } };

export interface Pane {
  vm: string;
  policy: WrittenPolicy;
  onPolicy: (policy: WrittenPolicy) => void;
}

/** A pane a policy, in the table’s order; what differs from the default is marked, and can go back to it. */
export function PolicyPanes(pane: Pane) {
  const frameTexts = useCatalogue(frame);
  const hotFixTexts = useCatalogue(hotFixes);
  const set = new Set(policyChanges(DEFAULTS, pane.policy).map(({ section }) => section));
  return (
    <Stack gap="sm">
      {POLICY_NAMES.map((name) => (
        <PolicyPane key={name} name={name} isSet={set.has(name)} {...pane}>
          {contentOf(name, pane)}
        </PolicyPane>
      ))}
      <Card withBorder component="section" aria-label={frameTexts.hotFixes} padding="sm">
        <Title order={2} size="h5" mb={4}>
          {frameTexts.hotFixes}
        </Title>
        <Text size="sm">{hotFixTexts.offerHelp}</Text>
        <Anchor component={Link} to="/hot-fixes" size="sm" underline="always">
          {hotFixTexts.offer}
        </Anchor>
      </Card>
    </Stack>
  );
}

function PolicyPane({
  name,
  isSet,
  children,
  ...pane
}: Pane & { name: PolicyName; isSet: boolean; children: ReactNode }) {
  const texts = useCatalogue(catalogue);
  const { policy, onPolicy } = pane;
  const toDefault = () => {
    const { [name]: _set, ...others } = policy;
    onPolicy({ ...DEFAULTS, ...others });
  };
  return (
    <Card withBorder component="section" aria-label={texts.names[name]} padding="sm">
      <Group justify="space-between" mb={4}>
        <Title order={2} size="h5">
          {texts.names[name]}
        </Title>
        {isSet ? (
          <Badge color="blue.9" tt="none" radius="sm">
            {texts.isSet}
          </Badge>
        ) : (
          <Text size="xs" c="dimmed">
            {texts.isDefault}
          </Text>
        )}
      </Group>
      {children}
      <Group justify="space-between" mt={4}>
        <Text size="xs" c="dimmed">
          {texts.holds[POLICIES[name].when]}
        </Text>
        {isSet && name !== 'quarantine' && (
          <Button size="compact-xs" variant="default" onClick={toDefault}>
            {texts.toDefault}
          </Button>
        )}
      </Group>
    </Card>
  );
}

/** What is chosen of a policy. */
function contentOf(name: PolicyName, pane: Pane): ReactNode {
  switch (name) {
    case 'quarantine':
      return <QuarantinePane {...pane} />;
    case 'ipv6':
      return <Ipv6Pane {...pane} />;
    case 'updates':
      return <UpdatesPane {...pane} />;
    case 'authentication':
      return <AuthenticationPane {...pane} />;
    case 'reimage':
      return <ReimagePane {...pane} />;
    case 'encryption':
      return <EncryptionPane {...pane} />;
    case 'expiration':
      return <ExpirationPane {...pane} />;
    case 'copyProtection':
      return <CopyProtectionPane {...pane} />;
    case 'troubleshooting':
      return <PowerPane {...pane} />;
    case 'exit':
      return <ExitPane {...pane} />;
    case 'snapshots':
      return <SnapshotsPane {...pane} />;
    case 'devices':
      return <DevicesPane {...pane} />;
    case 'clipboard':
      return <ClipboardPane {...pane} />;
    case 'sharedFolder':
      return <SharedFolderPane {...pane} />;
    case 'files':
      return <FilesPane {...pane} />;
    case 'window':
      return <WindowPane {...pane} />;
    case 'preferences':
      return <PreferencesPane {...pane} />;
    case 'administratorAccess':
      return <AdministratorAccessPane {...pane} />;
  }
}

function QuarantinePane({ vm, policy }: Pane) {
  const texts = useCatalogue(catalogue);
  const { types } = useCatalogue(project);
  return (
    <Group justify="space-between">
      <Text size="sm">{types[policy.quarantine.type]}</Text>
      <Anchor component={Link} to={`/machines/${vm}/quarantine`} size="sm">
        {texts.toWizard}
      </Anchor>
    </Group>
  );
}

/** A policy that is on or off. */
function SwitchPane({ words, isOn, onSwitch }: { words: Words; isOn: boolean; onSwitch: (isOn: boolean) => void }) {
  return <Switch {...words} checked={isOn} onChange={({ target }) => onSwitch(target.checked)} />;
}

interface Words {
  label: string;
  description?: string;
}

function Ipv6Pane({ policy, onPolicy }: Pane) {
  const texts = useCatalogue(catalogue);
  const { ipv6 = false, ...others } = policy;
  const set = (isOn: boolean) => onPolicy(isOn ? { ...others, ipv6: true } : others);
  return <SwitchPane words={{ label: texts.ipv6 }} isOn={ipv6} onSwitch={set} />;
}

function ReimagePane({ policy, onPolicy }: Pane) {
  const texts = useCatalogue(catalogue);
  const { reimage, ...others } = policy;
  const set = (isOn: boolean) => onPolicy(isOn ? { ...others, reimage: { enabled: true } } : others);
  const words = { label: texts.reimage, description: texts.reimageHelp };
  return <SwitchPane words={words} isOn={reimage?.enabled ?? false} onSwitch={set} />;
}

function CopyProtectionPane({ policy, onPolicy }: Pane) {
  const texts = useCatalogue(catalogue);
  const { copyProtection, ...others } = policy;
  const set = (isOn: boolean) => onPolicy(isOn ? { ...others, copyProtection: { enabled: true } } : others);
  return <SwitchPane words={{ label: texts.copyProtection }} isOn={copyProtection?.enabled ?? false} onSwitch={set} />;
}

function PowerPane({ policy, onPolicy }: Pane) {
  const texts = useCatalogue(catalogue);
  const { troubleshooting, ...others } = policy;
  const set = (isOn: boolean) => onPolicy(isOn ? others : { ...others, troubleshooting: { power: false } });
  const words = { label: texts.power, description: texts.powerHelp };
  return <SwitchPane words={words} isOn={troubleshooting?.power ?? true} onSwitch={set} />;
}

function ExitPane({ policy, onPolicy }: Pane) {
  const texts = useCatalogue(catalogue);
  const { exit, ...others } = policy;
  const set = (value: string) => {
    const { data } = POLICIES.exit.schema.safeParse({ behaviour: value });
    if (data) onPolicy(data.behaviour === POLICIES.exit.absent.behaviour ? others : { ...others, exit: data });
  };
  return (
    <Radio.Group label={texts.exit} value={exit?.behaviour ?? POLICIES.exit.absent.behaviour} onChange={set}>
      <Stack gap={4} mt={4}>
        {(['suspend', 'power-off', 'ask'] as const).map((behaviour) => (
          <Radio key={behaviour} value={behaviour} label={texts.exits[behaviour]} />
        ))}
      </Stack>
    </Radio.Group>
  );
}

function WindowPane({ policy, onPolicy }: Pane) {
  const texts = useCatalogue(catalogue);
  const { window, ...others } = policy;
  const set = (isOn: boolean) => onPolicy(isOn ? { ...others, window: { fullScreen: true } } : others);
  return <SwitchPane words={{ label: texts.window }} isOn={window?.fullScreen ?? false} onSwitch={set} />;
}

function PreferencesPane({ policy, onPolicy }: Pane) {
  const texts = useCatalogue(catalogue);
  const { preferences, ...others } = policy;
  const set = (isOn: boolean) => onPolicy(isOn ? others : { ...others, preferences: { enabled: false } });
  return <SwitchPane words={{ label: texts.preferences }} isOn={preferences?.enabled ?? true} onSwitch={set} />;
}

/** A duration is taken when it is complete: half of one would be a wrong policy. */
function UpdatesPane({ policy, onPolicy }: Pane) {
  const texts = useCatalogue(catalogue);
  const present = policy.updates?.healthTimeout ?? '';
  const [typed, setTyped] = useState(present);
  useEffect(() => setTyped(present), [present]);
  const wanted = typed.trim();
  const isValid = wanted === '' || POLICIES.updates.schema.safeParse({ healthTimeout: wanted }).success;
  const take = () => {
    const { updates: _before, ...others } = policy;
    if (isValid && wanted !== present)
      onPolicy(wanted === '' ? others : { ...others, updates: { healthTimeout: wanted } });
  };
  return (
    <TextInput
      label={texts.healthTimeout}
      description={texts.healthHelp}
      value={typed}
      error={!isValid}
      onChange={({ target }) => setTyped(target.value)}
      onBlur={take}
      onKeyDown={({ key }) => key === 'Enter' && take()}
    />
  );
}
