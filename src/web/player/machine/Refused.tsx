import { Stack, Table, Text, Title } from '@mantine/core';
import type { MachineAnswer } from '../../../api/machine.ts';
import { useTexts } from '../texts/use-texts.ts';

/** What a machine was refused lately, how often, and what the list in force says of it now. */
export function Refused({ denied }: { denied: NonNullable<MachineAnswer['denied']> }) {
  const texts = useTexts();
  return (
    <Stack gap="xs">
      <Title order={3} size="h5">
        {texts.deniedTitle}
      </Title>
      {denied.length === 0 ? (
        <Text size="sm" c="dimmed">
          {texts.deniedNone}
        </Text>
      ) : (
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{texts.destination}</Table.Th>
              <Table.Th ta="right">{texts.packets}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {denied.map(({ address, protocol, port = '', packets, allowed, rule = '' }) => (
              <Table.Tr key={`${address} ${protocol} ${port}`}>
                <Table.Td style={{ overflowWrap: 'anywhere' }}>
                  {address} {protocol} {port}
                  <Text size="xs" c="dimmed">
                    {allowed ? texts.allowedNow(rule) : rule}
                  </Text>
                </Table.Td>
                <Table.Td ta="right">{packets}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Stack>
  );
}
