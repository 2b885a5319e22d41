import { Select, Text } from '@mantine/core';
import { Loaded } from '../../ui/Loaded.tsx';
import { useQueues } from '../service.ts';
import { useTexts } from '../texts/use-texts.ts';

interface QueueSelectProps {
  queue: string;
  onChange: (queue: string) => void;
}

/** Which of the computer’s queues a printer is to be. */
export function QueueSelect({ queue, onChange }: QueueSelectProps) {
  const texts = useTexts();
  const query = useQueues();
  return (
    <Loaded query={query} texts={texts}>
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
