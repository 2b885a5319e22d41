import { Select, Text } from '@mantine/core';
import type { FailureTexts } from '../FailureAlert.tsx';
import { Loaded } from '../Loaded.tsx';
import { useCatalogue } from '../texts/texts.ts';
import { deviceTexts } from '../texts/texts-devices.ts';
import { useQueues } from './asks.ts';

interface QueueSelectProps {
  queue: string;
  onChange: (queue: string) => void;
  frame: FailureTexts & { loading: string };
}

/** Which of the computer’s queues a printer is to be. */
export function QueueSelect({ queue, onChange, frame }: QueueSelectProps) {
  const texts = useCatalogue(deviceTexts);
  const query = useQueues();
  return (
    <Loaded query={query} texts={frame}>
      {({ queues }) =>
        queues.length === 0 ? (
          <Text size="sm">{texts.printerNone}</Text>
        ) : (
          <Select
            label={texts.printerQueue}
            description={texts.printerQueueHelp}
            data={queues}
            value={queue === '' ? null : queue}
            onChange={(chosen) => onChange(chosen ?? '')}
            comboboxProps={{ withinPortal: true }}
          />
        )
      }
    </Loaded>
  );
}
