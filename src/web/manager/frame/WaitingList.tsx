import { Anchor, List, Text } from '@mantine/core';
import { Link } from 'react-router';

/** Machines, and what each of them waits for. */
export function WaitingList({ waits, none }: { waits: readonly { vm: string; text: string }[]; none: string }) {
  if (waits.length === 0) return <Text size="sm">{none}</Text>;
  return (
    <List size="sm">
      {waits.map(({ vm, text }) => (
        <List.Item key={`${vm} ${text}`}>
          <Anchor component={Link} to={`/machines/${vm}`} size="sm" underline="always">
            {vm}
          </Anchor>
          {`: ${text}`}
        </List.Item>
      ))}
    </List>
  );
}
