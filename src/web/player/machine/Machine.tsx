import { ActionIcon, Alert, Anchor, Button, Drawer, Group, Stack, Text } from '@mantine/core';
import { useDisclosure, useFullscreenDocument, useLocalStorage } from '@mantine/hooks';
import { lazy, Suspense, useRef } from 'react';
import { Link, useParams } from 'react-router';
import { MicrophoneOpen } from '../../ui/devices/MicrophoneOpen.tsx';
import { useStream } from '../../ui/devices/use-stream.ts';
import { FailureAlert } from '../../ui/FailureAlert.tsx';
import { StateBadge } from '../../ui/StateBadge.tsx';
import type { Fit, Screen } from '../../ui/screen/Console.tsx';
import { useSaid } from '../../ui/texts/said.ts';
import { useClipboard } from '../devices/clipboard.ts';
import { DropFiles } from '../devices/DropFiles.tsx';
import { HotFixButton } from '../hot-fixes/HotFixButton.tsx';
import { useMachine } from '../service.ts';
import { useTexts } from '../texts/use-texts.ts';
import { useLiveEvents } from '../use-live-events.ts';
import { AskOnExit } from './AskOnExit.tsx';
import { FullScreenOnly } from './FullScreenOnly.tsx';
import { MachineMenu } from './MachineMenu.tsx';
import { isOff, isOn, shownState } from './machine-state.ts';
import { StartButton } from './StartButton.tsx';
import { TimeLeft } from './TimeLeft.tsx';
import { Why } from './Why.tsx';

const Console = lazy(() => import('../../ui/screen/Console.tsx'));
const LOOK_MS = 5000;

/** One machine: the bar, and below it the guest’s screen. */
export function Machine() {
  const { vm = '' } = useParams();
  const texts = useTexts();
  const isConnected = useLiveEvents();
  const [isWhyOpen, whyDrawer] = useDisclosure(false);
  const { data, error, refetch } = useMachine(vm, isWhyOpen && LOOK_MS);
  const { toggle, fullscreen } = useFullscreenDocument();
  const screen = useRef<Screen>(null);
  const wayOut = useRef<HTMLButtonElement>(null);
  const [chosenFit, setFit] = useLocalStorage<Fit>({ key: 'fit', defaultValue: 'scale' });
  const said = useSaid();
  const why = data?.message ?? (data?.reason && said.reason(data.why, data.reason));
  const isRunning = data !== undefined && isOn(data);
  const fit = data?.rights?.preferences === false ? 'scale' : chosenFit;
  const clipboard = useClipboard(data, isRunning);
  const hasDevices = isRunning && data.hasDevices === true;
  const sound = useStream(vm, hasDevices, 'sound');
  const microphone = useStream(vm, hasDevices, 'microphone');
  const isCovered = data?.rights?.fullScreen === true && !fullscreen;
  return (
    <Stack h="100dvh" gap={0} bg="var(--mantine-color-body)">
      <Group component="header" px="sm" py={6} gap="sm" wrap="nowrap" justify="space-between">
        <Group gap="sm" wrap="nowrap" miw={0}>
          <Anchor component={Link} to="/" aria-label={texts.machines} underline="never">
            ←
          </Anchor>
          <Text component="h1" fw={600} truncate flex="none" maw={{ base: '7rem', sm: '40vw' }} title={vm}>
            {vm}
          </Text>
          {data && <StateBadge {...shownState(data, texts)} />}
          <Text size="sm" truncate visibleFrom="sm" title={why}>
            {why}
          </Text>
        </Group>
        <Group gap="xs" wrap="nowrap">
          <Button ref={wayOut} size="compact-sm" variant="default" onClick={whyDrawer.open}>
            {texts.why}
          </Button>
          {data && <MachineMenu machine={data} {...{ screen, fit, clipboard, sound, microphone }} onFit={setFit} />}
          <ActionIcon variant="default" aria-label={texts.fullScreen} onClick={() => void toggle()}>
            ⤢
          </ActionIcon>
        </Group>
      </Group>
      {data?.access !== 'normal' && (
        <Text size="sm" px="sm" pb={6} hiddenFrom="sm" lineClamp={3}>
          {why}
        </Text>
      )}
      <MicrophoneOpen {...{ vm, microphone }} />
      {!isConnected && (
        <Alert color="yellow" radius={0} role="status">
          {texts.lost}
        </Alert>
      )}
      {data && isOn(data) && data.expiration && data.expiration.state !== 'valid' && <TimeLeft machine={data} />}
      <Stack component="main" flex={1} mih={0} gap="md" align="stretch">
        {error && <FailureAlert error={error} texts={texts} onRetry={() => void refetch()} />}
        {isRunning && isCovered && <FullScreenOnly onFullScreen={() => void toggle()} />}
        {isRunning && !isCovered && (
          <Suspense fallback={<Text p="md">{texts.loading}</Text>}>
            <DropFiles machine={data}>
              <Console vm={vm} texts={texts} fit={fit} screen={screen} onLeave={() => wayOut.current?.focus()} />
            </DropFiles>
          </Suspense>
        )}
        {data && !isRunning && (
          <Stack p="md" align="flex-start">
            <Text>{data.state === 'suspended' ? texts.consoleSuspended : texts.consoleStopped}</Text>
            <TimeLeft machine={data} />
            {isOff(data) && <StartButton machine={data} />}
            <HotFixButton machine={data} />
          </Stack>
        )}
      </Stack>
      {data && <AskOnExit machine={data} />}
      <Drawer
        opened={isWhyOpen}
        onClose={whyDrawer.close}
        position="right"
        title={vm}
        closeButtonProps={{ 'aria-label': texts.close }}
      >
        {data && <Why machine={data} />}
      </Drawer>
    </Stack>
  );
}
