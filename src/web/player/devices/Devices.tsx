import { Button, Card, Group, Modal, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { DevicesAnswer } from '../../../api/devices.ts';
import type { MachineAnswer } from '../../../api/machine.ts';
import { AskFailure } from '../../ui/ask.ts';
import { FailureAlert } from '../../ui/FailureAlert.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { isOn } from '../machine/machine-state.ts';
import { useConnectDevice, useDevices, useDisconnectDevice, useProjectName } from '../service.ts';
import { useTexts } from '../texts/use-texts.ts';
import { QueueSelect } from './QueueSelect.tsx';

type Device = DevicesAnswer['devices'][number];

/** What is connected without a file or device of the computer. */
const FILELESS: ReadonlySet<string> = new Set(['network', 'sound']);

interface DevicesProps {
  machine: MachineAnswer;
  isOpen: boolean;
  onClose: () => void;
}

/** What its user connects to a machine while it runs: a card a device, each saying who may. */
export function Devices({ machine, isOpen, onClose }: DevicesProps) {
  const { vm } = machine;
  const texts = useTexts();
  const query = useDevices(vm, isOpen);
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      size="lg"
      title={`${texts.devices}: ${vm}`}
      closeButtonProps={{ 'aria-label': texts.close }}
    >
      <Loaded query={query} texts={texts}>
        {({ devices }) => (
          <Stack>
            {!isOn(machine) && <Text>{texts.devicesStopped}</Text>}
            {devices.map((device) => (
              <DeviceCard key={device.name} vm={vm} device={device} isOn={isOn(machine)} />
            ))}
          </Stack>
        )}
      </Loaded>
    </Modal>
  );
}

function DeviceCard({ vm, device, isOn: isMachineOn }: { vm: string; device: Device; isOn: boolean }) {
  const texts = useTexts();
  const project = useProjectName();
  const { name, kind, named, may, connected } = device;
  const why = texts.deviceMay[may](project);
  return (
    <Card withBorder padding="sm" component="section" aria-label={name}>
      <Stack gap="xs">
        <Group justify="space-between">
          <Text fw={600}>{name}</Text>
          <Text size="sm" c="dimmed">
            {texts.deviceKinds[kind] ?? kind}
          </Text>
        </Group>
        {named && <Text size="sm">{texts.deviceNamed(named)}</Text>}
        {why && <Text size="sm">{why}</Text>}
        {connected && (
          <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
            {kind === 'sound'
              ? texts.deviceHeard(new Date(connected.since).toLocaleTimeString())
              : texts.deviceConnected(connected.what, new Date(connected.since).toLocaleTimeString())}
          </Text>
        )}
        {connected && kind === 'printer' && <Text size="sm">{texts.printerPlace}</Text>}
        {isMachineOn && may !== 'nobody' && !(connected && FILELESS.has(kind)) && <Connect vm={vm} device={device} />}
        {isMachineOn && connected && <Disconnect vm={vm} name={name} />}
      </Stack>
    </Card>
  );
}

function Connect({ vm, device: { name, kind, may, connected } }: { vm: string; device: Device }) {
  const texts = useTexts();
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
      {kind === 'printer' && <QueueSelect queue={file} onChange={setFile} />}
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
      {connect.error && <FailureAlert error={connect.error} texts={texts} />}
      <Group justify="flex-end">
        <Button size="compact-sm" loading={connect.isPending} disabled={!isReady} onClick={submit}>
          {connected ? texts.deviceChange : texts.deviceConnect}
        </Button>
      </Group>
    </Stack>
  );
}

/** A guest that holds on to it is asked first; its user then decides whether it is taken all the same. */
function Disconnect({ vm, name }: { vm: string; name: string }) {
  const texts = useTexts();
  const disconnect = useDisconnectDevice();
  const isLocked = disconnect.error instanceof AskFailure && disconnect.error.code === 'DEVICE_LOCKED';
  return (
    <Stack gap="xs">
      {disconnect.error && <FailureAlert error={disconnect.error} texts={texts} />}
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
