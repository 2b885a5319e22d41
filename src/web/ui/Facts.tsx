import { Box, Text } from '@mantine/core';
import { Fragment, type ReactNode } from 'react';

const COLUMNS = { display: 'grid', gridTemplateColumns: 'minmax(6rem, max-content) 1fr', gap: '6px 24px' };

/** Names, and what each of them stands for. */
export function Facts({ facts }: { facts: readonly (readonly [name: string, what: ReactNode])[] }) {
  return (
    <Box component="dl" m={0} style={COLUMNS}>
      {facts.map(([name, what]) => (
        <Fragment key={name}>
          <Text component="dt" size="sm" c="dimmed">
            {name}
          </Text>
          <Text component="dd" m={0} size="sm" style={{ overflowWrap: 'anywhere' }}>
            {what}
          </Text>
        </Fragment>
      ))}
    </Box>
  );
}
