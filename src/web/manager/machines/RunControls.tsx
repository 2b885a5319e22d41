import { Button, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import type { RefObject } from 'react';
import { useDevices } from '../../ui/devices/asks.ts';
import { Devices } from '../../ui/devices/Devices.tsx';
import { MicrophoneOpen } from '../../ui/devices/MicrophoneOpen.tsx';
import { StreamItem } from '../../ui/devices/StreamItem.tsx';
import { useStream } from '../../ui/devices/use-stream.ts';
import { StateBadge } from '../../ui/StateBadge.tsx';
import type { Fit, Screen } from '../../ui/screen/Console.tsx';
import { useSaid } from '../../ui/texts/said.ts';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { ask, useProject } from '../process.ts';
import { frame } from '../texts/frame.ts';
import { machines } from '../texts/machines.ts';
import { LeaveRun } from './LeaveRun.tsx';
import { PowerOff } from './PowerOff.tsx';
import { ScreenMenu } from './ScreenMenu.tsx';

interface RunControlsProps {
  vm: string;
  screen: RefObject<Screen | null>;
  fit: Fit;
  onFit: (fit: Fit) => void;
}

/** What is done with a machine that runs, above its screen. */
export function RunControls({ vm, screen, fit, onFit }: RunControlsProps) {
  const texts = useCatalogue(machines);
  const frameTexts = useCatalogue(frame);
  const project = useProject().data?.identity?.name ?? frameTexts.project;
  const { data } = useDevices(vm, true);
  const sound = useStream(vm, true, 'sound');
  const microphone = useStream(vm, true, 'microphone');
  const [isConnecting, dialog] = useDisclosure(false);
  return (
    <>
      <Access vm={vm} />
      <ScreenMenu {...{ vm, screen, fit, onFit }}>
        <StreamItem {...{ stream: sound, project }} onDevices={dialog.open} />
        <StreamItem {...{ stream: microphone, project }} onDevices={dialog.open} />
      </ScreenMenu>
      {data !== undefined && data.devices.length > 0 && (
        <Button variant="default" onClick={dialog.open}>
          {texts.devices}
        </Button>
      )}
      <LeaveRun vm={vm} how="suspendRun" text={texts.suspend} />
      <LeaveRun vm={vm} how="shutDown" text={texts.shutDown} />
      <PowerOff vm={vm} />
      <MicrophoneOpen {...{ vm, microphone }} />
      <Devices {...{ vm, isOn: true, frame: frameTexts, project }} isOpen={isConnecting} onClose={dialog.close} />
    </>
  );
}

/** What its guest may reach now, and why. */
function Access({ vm }: { vm: string }) {
  const texts = useCatalogue(machines);
  const said = useSaid();
  const { data } = useQuery({
    queryKey: ['running', vm],
    queryFn: ({ signal }) => ask('runningMachine', { vm, signal }),
    retry: false,
  });
  if (!data?.access) return null;
  return (
    <>
      <StateBadge kind={data.access} word={texts.access[data.access]} />
      <Text size="sm">{said.reason(data.why, data.reason ?? '')}</Text>
    </>
  );
}
