import { Text } from '@mantine/core';

/** Stands beside what the project has set: a lock, and who has set it. Drawn, for not every font has a lock. */
export function LockedBy({ text }: { text: string }) {
  return (
    <Text component="span" size="xs" c="dimmed">
      <svg width="10" height="12" viewBox="0 0 10 12" aria-hidden="true" style={{ verticalAlign: '-1px' }}>
        <rect x="0.5" y="5" width="9" height="6.5" rx="1" fill="currentColor" />
        <path d="M2.5 5V3.5a2.5 2.5 0 0 1 5 0V5" fill="none" stroke="currentColor" strokeWidth="1.3" />
      </svg>{' '}
      {text}
    </Text>
  );
}
