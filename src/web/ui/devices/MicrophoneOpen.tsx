import { Alert, Button, Group } from '@mantine/core';
import { useCatalogue } from '../texts/texts.ts';
import { deviceTexts } from '../texts/texts-devices.ts';
import type { MachineStream } from './use-stream.ts';

/** Says that a machine hears this page, as long as it does. */
export function MicrophoneOpen({ vm, microphone }: { vm: string; microphone: MachineStream }) {
  const texts = useCatalogue(deviceTexts);
  if (!microphone.isOn) return null;
  return (
    <Alert color="red" radius={0} py={6} role="status" w="100%">
      <Group justify="space-between">
        {texts.microphoneOpen(vm)}
        <Button size="compact-sm" variant="default" onClick={microphone.toggle}>
          {texts.microphoneClose}
        </Button>
      </Group>
    </Alert>
  );
}
