import { Box, Button, Code, Group, Text } from '@mantine/core';
import { memo } from 'react';
import type { Version } from '../../../policy/quarantine.ts';
import { StateBadge } from '../../ui/StateBadge.tsx';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { versions } from '../texts/versions.ts';
import { GUTTER_PX, ROW_PX } from './RedLine.tsx';

/** A version in the list. It is drawn anew only when something of it changes: the line moves over hundreds of them. */
export const VersionRow = memo(function VersionRow({
  version,
  place,
  count,
  isNormal,
  isNew,
  onProperties,
}: {
  version: Version;
  /** From the top; rows that are out of sight are not drawn. */
  place: number;
  count: number;
  isNormal: boolean;
  isNew: boolean;
  onProperties: (version: Version) => void;
}) {
  const texts = useCatalogue(versions);
  const { name, descriptor, description } = version;
  return (
    <Group
      component="li"
      aria-posinset={place}
      aria-setsize={count}
      h={ROW_PX}
      pl={GUTTER_PX}
      pr="xs"
      gap="sm"
      wrap="nowrap"
      style={{
        borderTop: '1px solid var(--mantine-color-default-border)',
      }}
    >
      <div style={{ flex: 1, minWidth: 0 }}>
        <Text size="sm" fw={600} truncate title={name}>
          {name}
          {isNew && (
            <Text span size="xs" c="dimmed">
              {` ${texts.newOne}`}
            </Text>
          )}
        </Text>
        <Text size="xs" c="dimmed" truncate title={description}>
          {description}
        </Text>
      </div>
      <Code visibleFrom="sm">{descriptor}</Code>
      <Box miw={{ base: 0, sm: 132 }} style={{ textAlign: 'right' }}>
        <StateBadge kind={isNormal ? 'normal' : 'restricted'} word={isNormal ? texts.normal : texts.restricted} />
      </Box>
      <Button
        size="compact-sm"
        variant="subtle"
        px={6}
        aria-label={texts.propertiesOf(name)}
        onClick={() => onProperties(version)}
      >
        <Text span size="sm" visibleFrom="sm">
          {`${texts.properties} …`}
        </Text>
        <Text span hiddenFrom="sm">
          ⋯
        </Text>
      </Button>
    </Group>
  );
});
