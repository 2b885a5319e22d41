import { Box, Stack, Table, Text } from '@mantine/core';
import type { BuiltAnswer } from '../../../api/manager/tasks.ts';
import { bytesText, useCatalogue, useLanguage } from '../../ui/texts/texts.ts';
import { packages } from '../texts/packages.ts';

/** What was built: where it lies, and what its bytes are for, each part with a bar as long as its share. */
export function SizeChart({ built: { paths, parts } }: { built: BuiltAnswer }) {
  const texts = useCatalogue(packages);
  const language = useLanguage();
  const largest = Math.max(1, ...parts.map(({ bytes }) => bytes));
  return (
    <Stack gap="xs">
      {paths.map((path) => (
        <Text key={path} size="sm" ff="monospace" style={{ overflowWrap: 'anywhere' }}>
          {path}
        </Text>
      ))}
      <Table aria-label={texts.sizesOf} layout="fixed">
        <Table.Tbody>
          {parts.map(({ name, bytes }) => (
            <Table.Tr key={name}>
              <Table.Th w="35%" style={{ overflowWrap: 'anywhere' }}>
                {name}
              </Table.Th>
              <Table.Td w={100} ta="right" style={{ fontVariantNumeric: 'tabular-nums' }}>
                {bytesText(bytes, language)}
              </Table.Td>
              <Table.Td>
                <Box
                  h={12}
                  w={`${(100 * bytes) / largest}%`}
                  miw={2}
                  bg="var(--mantine-color-blue-filled)"
                  aria-hidden
                />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Stack>
  );
}
