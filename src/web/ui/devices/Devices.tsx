import { Modal, Stack, Text } from '@mantine/core';
import { Loaded } from '../Loaded.tsx';
import { useCatalogue } from '../texts/texts.ts';
import { deviceTexts } from '../texts/texts-devices.ts';
import { useDevices } from './asks.ts';
import { DeviceCard, type DevicePage } from './DeviceCard.tsx';

interface DevicesProps extends DevicePage {
  vm: string;
  /** It runs. */
  isOn: boolean;
  isOpen: boolean;
  onClose: () => void;
}

/** What is connected to a machine while it runs: a card a device, each saying who may. */
export function Devices({ vm, isOn, isOpen, onClose, frame, project }: DevicesProps) {
  const texts = useCatalogue(deviceTexts);
  const query = useDevices(vm, isOpen);
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      size="lg"
      title={`${texts.devices}: ${vm}`}
      closeButtonProps={{ 'aria-label': texts.close }}
    >
      <Loaded query={query} texts={frame}>
        {({ devices }) => (
          <Stack>
            {!isOn && <Text>{texts.devicesStopped}</Text>}
            {devices.map((device) => (
              <DeviceCard key={device.name} {...{ vm, device, isOn, frame, project }} />
            ))}
          </Stack>
        )}
      </Loaded>
    </Modal>
  );
}
