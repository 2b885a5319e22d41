import { Text } from '@mantine/core';

/** Stands beside what the project has set: a lock, and who has set it. */
export function LockedBy({ text }: { text: string }) {
  return (
    <Text component="span" size="xs" c="dimmed">
      🔒 {text}
    </Text>
  );
}
