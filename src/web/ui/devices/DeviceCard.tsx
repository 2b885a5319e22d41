import { Button, Card, Group, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { DevicesAnswer } from '../../../api/devices.ts';
import { AskFailure } from '../ask.ts';
import { FailureAlert, type FailureTexts } from '../FailureAlert.tsx';
import { useCatalogue } from '../texts/texts.ts';
import { deviceTexts } from '../texts/texts-devices.ts';
import { useConnectDevice, useDisconnectDevice } from './asks.ts';
import { QueueSelect } from './QueueSelect.tsx';

type Device = DevicesAnswer['devices'][number];

/** What is connected without a file or device of the computer. */
const FILELESS: ReadonlySet<string> = new Set(['network', 'sound', 'microphone']);

/** What the page says where nobody answers, and whose policy lets somebody connect. */
export interface DevicePage {
  frame: FailureTexts & { loading: string };
  project: string;
}

interface DeviceCardProps extends DevicePage {
  vm: string;
  device: Device;
  isOn: boolean;
}

/** A device of a machine: what is connected as it, who may, and how. */
export function DeviceCard({ vm, device, isOn: isMachineOn, frame, project }: DeviceCardProps) {
  const texts = useCatalogue(deviceTexts);
  const { name, kind, named, network, may, connected } = device;
  const why = texts.deviceMay[may](project);
  return (
    <Card withBorder padding="sm" component="section" aria-label={name}>
      <Stack gap="xs">
        <Group justify="space-between">
          <Text fw={600}>{name}</Text>
          <Text size="sm" c="dimmed">
            {texts.deviceNetworks[network ?? ''] ?? texts.deviceKinds[kind] ?? kind}
          </Text>
        </Group>
        {named && <Text size="sm">{texts.deviceNamed(named)}</Text>}
        {why && <Text size="sm">{why}</Text>}
        {connected && (
          <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
            {texts.deviceHeard[kind]?.(new Date(connected.since).toLocaleTimeString()) ??
              texts.deviceConnected(connected.what, new Date(connected.since).toLocaleTimeString())}
          </Text>
        )}
        {connected && kind === 'printer' && <Text size="sm">{texts.printerPlace}</Text>}
        {isMachineOn && may !== 'nobody' && !(connected && FILELESS.has(kind)) && (
          <Connect {...{ vm, device, frame }} />
        )}
        {isMachineOn && connected && <Disconnect {...{ vm, name, frame }} />}
      </Stack>
    </Card>
  );
}

function Connect({ vm, device: { name, kind, may, connected }, frame }: Omit<DeviceCardProps, 'isOn' | 'project'>) {
  const texts = useCatalogue(deviceTexts);
  const connect = useConnectDevice();
  const [file, setFile] = useState('');
  const [user, setUser] = useState('');
  const [password, setPassword] = useState('');
  const asksWho = may === 'users-and-groups';
  // Of the computer’s own devices there may be one alone.
  const isReady =
    (file.trim() !== '' || kind === 'usb' || FILELESS.has(kind)) && (!asksWho || (user !== '' && password !== ''));
  const submit = () =>
    connect.mutate(
      {
        vm,
        device: name,
        ...(file.trim() === '' ? {} : { [kind === 'printer' ? 'queue' : 'file']: file.trim() }),
        ...(asksWho ? { user, password } : {}),
      },
      { onSuccess: () => setFile(''), onSettled: () => setPassword('') },
    );
  return (
    <Stack gap="xs">
      {kind === 'printer' && <QueueSelect queue={file} onChange={setFile} frame={frame} />}
      {kind !== 'printer' && !FILELESS.has(kind) && (
        <TextInput
          label={texts.deviceFiles[kind] ?? kind}
          description={texts.deviceFileHelps[kind]}
          value={file}
          maxLength={4096}
          onChange={({ target }) => setFile(target.value)}
          onKeyDown={({ key }) => key === 'Enter' && isReady && submit()}
        />
      )}
      {asksWho && (
        <Group grow>
          <TextInput label={texts.deviceUser} value={user} onChange={({ target }) => setUser(target.value)} />
          <PasswordInput
            label={texts.devicePassword}
            value={password}
            onChange={({ target }) => setPassword(target.value)}
            onKeyDown={({ key }) => key === 'Enter' && isReady && submit()}
          />
        </Group>
      )}
      {connect.error && <FailureAlert error={connect.error} texts={frame} />}
      <Group justify="flex-end">
        <Button size="compact-sm" loading={connect.isPending} disabled={!isReady} onClick={submit}>
          {connected ? texts.deviceChange : texts.deviceConnect}
        </Button>
      </Group>
    </Stack>
  );
}

/** A guest that holds on to it is asked first; its user then decides whether it is taken all the same. */
function Disconnect({ vm, name, frame }: { vm: string; name: string; frame: FailureTexts }) {
  const texts = useCatalogue(deviceTexts);
  const disconnect = useDisconnectDevice();
  const isLocked = disconnect.error instanceof AskFailure && disconnect.error.code === 'DEVICE_LOCKED';
  return (
    <Stack gap="xs">
      {disconnect.error && <FailureAlert error={disconnect.error} texts={frame} />}
      <Group justify="flex-end">
        <Button
          size="compact-sm"
          variant="default"
          loading={disconnect.isPending}
          onClick={() => disconnect.mutate({ vm, device: name, force: isLocked })}
        >
          {isLocked ? texts.deviceForce : texts.deviceDisconnect}
        </Button>
      </Group>
    </Stack>
  );
}
